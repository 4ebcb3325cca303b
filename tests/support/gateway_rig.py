"""A chat whose broker is the test: commands are kept until the test answers them."""

import json
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest

from common import messages as m
from common.settings import Settings
from gateway.chat.chat import Chat
from gateway.chat.limits import STANDARD, ChatLimits
from gateway.link.ports import LinkCounts
from gateway.protocol.frames import Frame
from gateway.rooms.room import Room
from gateway.runtime.metrics import Metrics
from gateway.runtime.ports import Loop
from gateway.transport.outbox import Outbox, Sendable
from gateway.transport.sockets import Socket
from tests.sim.virtual import Time
from tests.support.events import messages

EPOCH = "e1"
Answered = Callable[[m.AnyAnswer | None], None]


class Broker:
    """A `gateway.runtime.ports.Broker` that answers when told."""

    def __init__(self) -> None:
        self.up = True
        self.counts = LinkCounts()
        self.asked: list[tuple[Any, Answered]] = []
        self.topics: dict[str, None] = {}
        self._no = 0

    def number(self) -> int:
        self._no += 1
        return self._no

    def ask(self, command: m.AnyCommand, on_answer: Answered, *, hold: bool = False) -> None:
        self.asked.append((command, on_answer))

    def subscribe(self, topics: Iterable[str]) -> None:
        self.topics.update(dict.fromkeys(topics))

    def unsubscribe(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self.topics.pop(topic, None)

    def of(self, kind: type) -> list[Any]:
        return [command for command, _ in self.asked if isinstance(command, kind)]

    def take(self, kind: type) -> tuple[Any, Answered]:
        """The oldest command of this kind, to be answered late."""
        index = next(i for i, (c, _) in enumerate(self.asked) if isinstance(c, kind))
        return self.asked.pop(index)

    def answer(self, kind: type, make: Callable[[int], m.AnyAnswer] | None) -> Any:
        """Answers the oldest command of this kind; None: it was given up. Returns the command."""
        command, on_answer = self.take(kind)
        on_answer(make(command.no) if make else None)
        return command

    def take_one(self, command: m.AnyCommand) -> tuple[Any, Answered]:
        """Exactly this command, to be answered late."""
        index = next(i for i, (c, _) in enumerate(self.asked) if c is command)
        return self.asked.pop(index)

    def answer_one(self, command: m.AnyCommand, answer: m.AnyAnswer) -> None:
        _, on_answer = self.take_one(command)
        on_answer(answer)


class Transport:
    """A `gateway.transport.sockets.Transport` over nothing: what is sent stays in the outbox."""

    def __init__(self) -> None:
        self.outbox = Outbox(1 << 20)
        self.lost = False
        self.last: list[Frame] = []

    def resume(self) -> None:
        """Its requests come as a test asks them."""

    def cut_off(self) -> None:
        self.lost = True

    def cut_off_unread(self) -> None:
        self.lost = True

    def finish(self, last: list[Frame]) -> None:
        self.last = last


def record_writes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Frame, ...]]:
    """The frames of each write to an outbox, from now on."""
    writes: list[tuple[Frame, ...]] = []
    put = Outbox.put

    def recorded(outbox: Outbox, sendable: Sendable) -> bool:
        writes.append(tuple(sendable.frames))
        return put(outbox, sendable)

    monkeypatch.setattr(Outbox, "put", recorded)
    return writes


class Browser:
    """One connected socket, and what was sent to it."""

    def __init__(self, rig: "Rig", sid: str, auth: object) -> None:
        self._rig = rig
        self._chat = rig.chat
        self.transport = Transport()
        self.socket = Socket(sid, self.transport, rig.chat, 32)
        self.acks: list[Any] = []
        rig.chat.connected(self.socket, auth)

    def asks(self, event: str, *args: Any) -> None:
        self._chat.requested(self.socket, event, list(args), self.acks.append)

    def hears(self) -> list[tuple[str, Any]]:
        """(name, payload) of all that came since the last call."""
        self._rig.pass_time()
        frames = self.transport.outbox.take()
        return [tuple(json.loads(frame.packet[2:])) for frame in frames]

    def owe(self, size_bytes: int) -> None:
        """So much waits in the outbox, of which nothing is sent."""
        self.transport.outbox.put(Frame.event("padding", "x" * size_bytes))

    def lines(self) -> list[int]:
        """The Seqs of the chat lines that came since the last call."""
        return [payload["Seq"] for name, payload in self.hears() if name == "chat"]


class Turns:
    """A loop whose turns the test takes; each reading of its clock takes a millisecond."""

    def __init__(self) -> None:
        self.now = 100.0
        self.faults: list[Exception] = []
        self._calls: deque[Callable[[], None]] = deque()

    def time(self) -> float:
        self.now += 0.001
        return self.now

    def call_soon(self, call: Callable[[], None], /) -> None:
        self._calls.append(call)

    def call_later(self, delay_s: float, call: Callable[[], None], /) -> None:
        """Timers never fire in such a test."""

    def call_exception_handler(self, context: dict[str, Any], /) -> None:
        self.faults.append(context["exception"])

    def turn(self) -> float:
        """Takes one turn; returns the seconds that it took."""
        began = self.now
        for _ in range(len(self._calls)):
            self._calls.popleft()()
        return self.now - began

    def run(self) -> int:
        """Takes turns until no callback waits; returns how many."""
        turns = 0
        while self._calls:
            self.turn()
            turns += 1
        return turns


class Rig:
    """A gateway `g1` and its broker; `Time` passes by hand."""

    def __init__(
        self, loop: Loop | None = None, limits: ChatLimits = STANDARD, **settings: Any
    ) -> None:
        self.time = Time()
        self.time.run(100.0)
        self.turns = loop if isinstance(loop, Turns) else None
        self.broker = Broker()
        self.chat = Chat(
            Settings(**settings), "g1", Metrics(), self.broker, loop or self.time, limits
        )
        self._sids = 0
        self.epoch = EPOCH
        self.link()

    def link(self, epoch: str = EPOCH, head: int = 0) -> None:
        """A new link; its topics are live once marked."""
        self.epoch = epoch
        self.chat.on_link_up(epoch, 1)
        while self.chat.marks.step():
            pass
        self.mark_all(head)

    def browser(self, auth: object = None) -> Browser:
        self._sids += 1
        browser = Browser(self, f"s{self._sids}", auth)
        self.pass_time()
        return browser

    def settle(self) -> None:
        """Takes all turns of the loop that there are to take, if the loop is a `Turns`."""
        if self.turns is not None:
            self.turns.run()

    def pass_time(self, seconds: float = 0.0) -> None:
        self.time.run(self.time.now + seconds)
        if seconds:
            self.chat.maintenance.step(self.time.now)
            self.time.run(self.time.now)

    def mark_all(self, head: int = 0) -> None:
        """Answers all take-ups by their marks."""
        for command in self.broker.of(m.TakeUp):
            nonce = command.nonce
            for topic in command.topics:
                mark = m.Marked(term=1, topic=topic, nonce=nonce, epoch=self.epoch, head=head)
                self.chat.on_broadcast(topic, mark)
            self.broker.answer(m.TakeUp, lambda no: m.Done(term=1, no=no))

    def page(self, events: list[m.Event], to: list[str] | None = None, more: bool = False) -> Any:
        """Answers the oldest question for a page."""
        room = self.broker.of(m.GetPage)[0].room
        head = events[-1].seq if events else 0
        command = self.broker.answer(
            m.GetPage,
            lambda no: m.Paged(
                term=1, no=no, room=room, epoch=self.epoch, head=head, events=events, more=more,
                to=to or [],
            ),
        )  # fmt: skip
        self.pass_time()
        return command

    def answer_page(
        self, room: str, events: list[m.Event], after: int | None, more: bool, to: list[str]
    ) -> None:
        """Answers the oldest question for a page of this room, after this Seq if one is given."""
        of_room = [asked for asked in self.broker.of(m.GetPage) if asked.room == room]
        fit = [asked for asked in of_room if after in (None, asked.after)]
        assert fit, f"such a page was not asked for, but {of_room}"
        asked = fit[0]
        head = events[-1].seq if events else 0
        self.broker.answer_one(
            asked,
            m.Paged(
                term=1, no=asked.no, room=room, epoch=self.epoch, head=head, events=events,
                more=more, to=to,
            ),
        )  # fmt: skip
        self.pass_time()

    def room(self, name: str) -> Room:
        rooms = {room.name: room for room in self.chat.rooms}
        assert name in rooms, f"nobody here is in {name}"
        return rooms[name]

    def let_in(self, user: str, room: str = "tea", head: int = 1, **more: Any) -> None:
        """Answers the oldest join."""
        make = partial(
            m.Joined, term=1, user=user, uid=f"u-{user}", room=room, epoch=self.epoch, head=head,
            recovered=more.pop("recovered", False), count=1, version=5, **more,
        )  # fmt: skip
        self.broker.answer(m.Join, lambda no: make(no=no))
        self.pass_time()

    def seated(self, user: str, room: str = "tea", head: int = 1) -> Browser:
        """A browser in a room whose log has `head` messages, all heard."""
        browser = self.browser()
        browser.asks("join", {"user": user, "room": room})
        self.let_in(user, room, head)
        self.settle()
        self.mark_all(head)
        while self.broker.of(m.GetPage):
            self.page(messages(1, head))
        self.settle()
        browser.hears()
        return browser

    def happens(self, *events: m.Event, room: str = "tea", to: list[str] | None = None) -> None:
        news = m.Happened(term=1, epoch=self.epoch, room=room, events=list(events), to=to or [])
        self.chat.on_broadcast("", news)
        self.pass_time()
