"""The person: one socket of the load, and what it has received."""

import socket
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

CONNECTING, UPGRADING, OPENING, REPLAYING, JOINED = range(5)
"""The stages of a connection. REPLAYING: the join is acked, and its replay is not complete."""


class Plan(Struct, frozen=True):
    """Where the people of a load connect, and how they behave."""

    urls: list[str]
    """The people are spread over these gateways. With `reconnects`, a person whose connection is
    lost connects to the next one."""
    room: str
    """Empty: the people connect and join no room."""
    name: str
    """The prefix of the people's names; their tokens are made of it as well."""
    stride: int = 1
    """People connect to every gateway first, or to every second, third, …, of `urls`."""
    at_once: int = 100
    """Connections that one process makes at one time."""
    per_second: float = 0.0
    """Joins a second of one process; 0: as fast as they are answered."""
    inspects: bool = False
    """Every frame is parsed, to count Seqs, and events by kind. This costs more CPU."""
    reconnects: bool = False
    """A person whose connection is lost connects again and joins with `since`."""
    join_by_event: bool = False
    """The join is a request of its own after CONNECT, and not part of its `auth`."""
    awaits_replay: bool = False
    """A person has joined when the events up to the `seq` of the ack have been received too."""
    transport: Literal["websocket", "polling", "upgrade"] = "websocket"
    """`upgrade`: the session is opened by polling, and changes to a WebSocket at once, as stock
    clients do it."""
    sources: int = 1
    """Loopback addresses that the connections come from; 1: the kernel chooses."""


class Person:
    """One person. The crowd and the connector change it."""

    __slots__ = (
        "due_at",
        "epoch",
        "fd",
        "gateway_index",
        "head",
        "inspects",
        "join_head",
        "number",
        "outbox",
        "partial_frame",
        "polls",
        "receive",
        "seen",
        "sid",
        "socket",
        "stage",
    )

    def __init__(self, number: int, plan: Plan) -> None:
        self.number = number
        self.inspects = plan.inspects
        """Every frame of this person is parsed."""
        self.gateway_index = number * plan.stride
        """The gateway, as an index into `urls`, modulo their number."""
        self.due_at: float | None = None
        """When the connection that is being made was due (monotonic); None if none is made."""
        self.seen = 0
        self.head: int | None = None
        """The Seq of the last event; None while the next event may be any."""
        self.epoch = ""
        self.join_head = 0
        """The head of the room in the ack of the join."""
        self.reset()

    def reset(self) -> None:
        """The person has no connection from now on."""
        self.socket: socket.socket | None = None
        self.receive: Callable[[memoryview], int] = _nothing
        """`recv_into` of the socket."""
        self.fd = -1
        self.partial_frame = b""
        """Received bytes of a frame, or of an HTTP answer, that is not complete yet."""
        self.polls = False
        """The connection is for HTTP requests, not for a WebSocket."""
        self.sid = ""
        """The session of Engine.IO, if it was opened by polling."""
        self.outbox: list[str] = []
        """Packets for the next request, if the person polls."""
        self.stage = CONNECTING


def token(plan: Plan, number: int) -> str:
    """A token; it has at least 22 characters."""
    return f"{plan.name}-{number:08d}".rjust(22, "0")


def user(plan: Plan, number: int) -> str:
    return f"{plan.name}-{number}"


def source(number: int, sources: int) -> str:
    """The loopback address that a person connects from."""
    return f"127.0.0.{2 + number % sources}"


def _nothing(_: memoryview) -> int:
    raise BlockingIOError
