"""The history: what one socket was told, in order, and what everybody was promised. Pure."""

from typing import Any, Self

from msgspec import Struct, field


class Joined(Struct, frozen=True):
    """A join was acked."""

    room: str
    epoch: str
    seq: int
    recovered: bool
    since: int | None = None
    """The Seq from which the join asked to go on."""
    private: dict[str, int] = {}


class Left(Struct, frozen=True):
    """A leave was acked."""

    room: str


class Heard(Struct, frozen=True):
    """An event of a room."""

    room: str
    seq: int
    kind: str
    user: str = ""
    uid: str = ""
    id: str = ""
    text: str = ""
    ref: int = 0

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Self:
        """From the payload of a `chat` event."""
        return cls(
            payload["Room"],
            payload["Seq"],
            payload["EvtType"],
            payload["User"],
            payload.get("Uid", ""),
            payload.get("Id", ""),
            payload["Text"],
            payload.get("Ref", 0),
        )


class Reset(Struct, frozen=True):
    room: str
    epoch: str
    seq: int


Told = Joined | Left | Heard | Reset


class View(Struct):
    """What one socket was told. `complete` is true if the socket was connected to the end of the
    run: then it must have all events. `plain` is true if it is of the plain form."""

    name: str
    uid: str = ""
    told: list[Told] = field(default_factory=list)
    complete: bool = False
    plain: bool = False


class Acked(Struct, frozen=True):
    """The ack of a message, which this person sent."""

    uid: str
    room: str
    id: str
    seq: int
    text: str
