"""The queue of a page: the messages to be sent, in order. Each is sent after the ack of the one
before."""

from collections import deque
from typing import Any, Protocol

from msgspec import Struct

from tests.sim.history import Acked

ACK_S = 2.5
"""The `ackTimeout` of the stock client, after which it sends the same message again."""


class Speaker(Protocol):
    """The page, as its queue sees it."""

    name: str
    connection: int
    town: Any
    uid: str

    def may_speak(self, room: str) -> bool:
        """Whether a join was acked, and, if the person is in this room, the join of this room."""

    def is_in(self, room: str) -> bool:
        """Whether the person has not left the room."""

    def ask(self, event: str, payload: dict[str, Any], on_ack: Any) -> None: ...
    def refused(self, room: str, ack: dict[str, Any]) -> None: ...


class Line(Struct):
    """One message."""

    room: str
    id: str
    sent: bool = False


class Queue:
    """A message that was sent is sent again until it is acked, even after the person has left its
    room, since it may be stored."""

    def __init__(self, speaker: Speaker) -> None:
        self.said: list[tuple[str, str]] = []
        """The (room, id) of each message that was sent and not given up, in order."""
        self._speaker = speaker
        self._lines: deque[Line] = deque()
        self._sending: Line | None = None
        self._ids = 0

    def __bool__(self) -> bool:
        return bool(self._lines)

    def say(self, room: str) -> None:
        self._ids += 1
        self._lines.append(Line(room, f"{self._speaker.name}-{self._ids}"))
        self.drain()

    def pause(self) -> None:
        """The connection is over."""
        self._sending = None

    def drain(self) -> None:
        """Sends the first message, if the one before is acked and the page may speak."""
        speaker, lines = self._speaker, self._lines
        while lines and not lines[0].sent and not speaker.is_in(lines[0].room):
            lines.popleft()  # the person has left, and the message was never sent
        if self._sending is not None or not lines or not speaker.may_speak(lines[0].room):
            return
        line = self._sending = lines[0]
        if not line.sent:
            line.sent = True
            self.said.append((line.room, line.id))
        self._send(line)

    def _send(self, line: Line) -> None:
        speaker, connection = self._speaker, self._speaker.connection
        text = f"text of {line.id}"
        stored = speaker.town.stored(line.room, speaker.uid, line.id)

        def acked(ack: dict[str, Any]) -> None:
            if ack["ok"]:
                acked = Acked(speaker.uid, line.room, line.id, ack["seq"], text)
                speaker.town.acks.append(acked)
                self._done(line)
            else:
                self._refused(line, ack, stored)
            if self._sending is line:
                self._sending = None
                speaker.town.time.after(0.0 if ack["ok"] else 0.5, self.drain)

        def again() -> None:
            if speaker.connection == connection and self._sending is line:
                self._sending = None
                self.drain()

        speaker.ask("chat", {"room": line.room, "message": text, "id": line.id}, acked)
        speaker.town.time.after(ACK_S, again)

    def _refused(self, line: Line, ack: dict[str, Any], stored: bool) -> None:
        speaker = self._speaker
        if ack["error"]["code"] == "unavailable":
            return
        if stored and not speaker.town.forgiven(speaker.uid):
            speaker.town.complain(f"{speaker.name} said {line}, which is stored: {ack['error']}")
        speaker.refused(line.room, ack)
        if not speaker.is_in(line.room) and self._done(line):
            # A gateway that was paused may still send the message, out of order.
            self.said.remove((line.room, line.id))

    def _done(self, line: Line) -> bool:
        """Removes an acked or refused message; returns False if it was removed before."""
        first = bool(self._lines) and self._lines[0] is line
        if first:
            self._lines.popleft()
        return first
