"""The limits of a chat: how much it does at once. Tests choose others than the standard ones."""

from msgspec import Struct

from gateway.chat.join_limiter import JOINS_IN_FLIGHT
from gateway.rooms.broadcast import CHUNK_SOCKETS


class ChatLimits(Struct, frozen=True):
    chunk_sockets: int = CHUNK_SOCKETS
    """A broadcast sends to at most this many sockets in one step."""
    joins_in_flight: int = JOINS_IN_FLIGHT
    """At most this many joins wait for the broker's answer at a time."""


STANDARD = ChatLimits()
