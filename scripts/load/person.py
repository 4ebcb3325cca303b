"""The person: one socket of the load, and how far it has come."""

import socket
from collections.abc import Callable

from msgspec import Struct

CONNECTING, UPGRADING, OPENING, JOINED = range(4)
"""The stages of a connection."""


class Plan(Struct, frozen=True):
    """Where the people of a load go, and how they behave there."""

    urls: list[str]
    """People are dealt out over them; who is lost and `returns` goes on to the next."""
    room: str
    """Empty: they connect and join nothing."""
    name: str
    """Before each one's number; their tokens are made of it too."""
    same_gateway: bool = False
    """All begin at the first of the addresses."""
    at_once: int = 100
    """Connections of one process that are being made at a time."""
    per_second: float = 0.0
    """Joins a second of one process; 0 = as many as come."""
    inspects: bool = False
    """Look at every frame: Seqs, events by kind. Costs more."""
    reconnects: bool = False
    """Who is lost comes back by `since`."""
    sources: int = 1
    """Loopback addresses that the connections come from; 1 = as the kernel chooses."""


class Person:
    """Use the crowd to change it."""

    __slots__ = (
        "epoch",
        "fd",
        "gateway_index",
        "head",
        "inspects",
        "join_head",
        "number",
        "partial_frame",
        "receive",
        "seen",
        "socket",
        "stage",
    )

    def __init__(self, number: int, plan: Plan) -> None:
        self.number = number
        self.inspects = plan.inspects
        """Its frames are looked at one by one."""
        self.gateway_index = 0 if plan.same_gateway else number
        """Which of the plan's gateways it is at."""
        self.seen = 0
        self.head: int | None = None
        """The last Seq seen; None while any may be next."""
        self.epoch = ""
        self.join_head = 0
        """The room's last Seq when it joined."""
        self.begin()

    def begin(self) -> None:
        """It has no connection."""
        self.socket: socket.socket | None = None
        self.receive: Callable[[memoryview], int] = _nothing
        """Its socket's `recv_into`."""
        self.fd = -1
        self.partial_frame = b""
        """Received bytes that are no whole frame yet."""
        self.stage = CONNECTING


def token(plan: Plan, number: int) -> str:
    """22 characters at least."""
    return f"{plan.name}-{number:08d}".rjust(22, "0")


def user(plan: Plan, number: int) -> str:
    return f"{plan.name}-{number}"


def source(number: int, sources: int) -> str:
    """One of so many loopback addresses."""
    return f"127.0.0.{2 + number % sources}"


def _nothing(_: memoryview) -> int:
    raise BlockingIOError
