"""The asks: what a browser may ask for, checked. Pure."""

from typing import Annotated

from msgspec import Meta, Struct

from common.messages import Seq, Since
from common.names import LOBBY

PAGE = 100
HISTORY = 50
AUTH_ROOMS = 100

Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22,64}\Z")]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(max_length=1000)]
"""Of a person or room, or a piece of one; where it is used its exact form is checked."""


class PlainJoin(Struct, frozen=True):
    """Joins the lobby under this name, or renames."""

    user: str


class JoinAsk(Struct, frozen=True):
    room: Name = LOBBY
    user: Name | None = None
    token: Token | None = None
    since: Since | None = None


class PlainChat(Struct, frozen=True):
    """Says something in the lobby."""

    message: str


class ChatAsk(Struct, frozen=True):
    room: Name
    message: str
    id: Id | None = None


class LeaveAsk(Struct, frozen=True):
    room: Name


class PlainTyping(Struct, frozen=True):
    """Began (or stopped) typing in the lobby."""

    typing: bool


class TypingAsk(Struct, frozen=True):
    room: Name
    typing: bool


class DirectAsk(Struct, frozen=True):
    """One of the two is given."""

    user: Name | None = None
    uid: Id | None = None


class HistoryAsk(Struct, frozen=True):
    room: Name
    before: Seq | None = None
    after: Seq | None = None
    limit: int = HISTORY


class ParticipantsAsk(Struct, frozen=True):
    room: Name
    after: Name = ""
    prefix: Name = ""
    limit: int = PAGE


class RoomsAsk(Struct, frozen=True):
    after: Name = ""
    limit: int = PAGE


Ask = (
    PlainJoin | JoinAsk | PlainChat | ChatAsk | LeaveAsk | PlainTyping | TypingAsk | DirectAsk
    | HistoryAsk | ParticipantsAsk | RoomsAsk
)  # fmt: skip


class AuthRoom(Struct, frozen=True):
    """A room to be joined by the handshake. A name that is none is kept as it is: the refusal is
    this room's alone."""

    room: Name
    since: Since | None = None


class AuthAsk(Struct, frozen=True):
    """The handshake's `auth`."""

    token: Token
    user: Name | None = None
    join: Annotated[list[AuthRoom], Meta(max_length=AUTH_ROOMS)] = []
