"""gateway/rooms/broadcast.py, gateway/rooms/room.py, gateway/rooms/subscribers.py: each subscriber
gets each event once and in order, whoever joins or leaves during a broadcast."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from common import messages as m
from gateway.chat.limits import ChatLimits
from gateway.rooms import catch_ups, send_queue
from gateway.rooms.send_queue import FULL_BYTES
from tests.support.events import message, messages
from tests.support.gateway_rig import Browser, Rig, Turns, record_writes

RECOVERY, NEWEST = 12, 6


def slow_rig(**settings: Any) -> tuple[Rig, Turns]:
    """Each step of a broadcast sends to one socket, and three steps fill a slice."""
    loop = Turns()
    rig = Rig(loop, ChatLimits(chunk_sockets=1), **settings)
    return rig, loop


def seated(rig: Rig, loop: Turns, *names: str) -> list[Browser]:
    """Browsers that are subscribed to "tea", whose head is 3."""
    browsers = []
    for name in names:
        browser = rig.browser()
        browser.asks("join", {"user": name, "room": "tea"})
        rig.let_in(name, head=3)
        loop.run()
        rig.mark_all(head=3)
        while rig.broker.of(m.GetPage):
            rig.page(messages(1, 3))
        loop.run()
        browser.hears()
        browsers.append(browser)
    return browsers


def leaves(rig: Rig, browser: Browser) -> None:
    browser.asks("leave", {"room": "tea"})
    rig.broker.answer(m.Leave, lambda no: m.Done(term=1, no=no))


def test_events_of_one_loop_turn_are_sent_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, loop = slow_rig()
    (ann,) = seated(rig, loop, "ann")
    writes = record_writes(monkeypatch)
    for seq in (4, 5, 6):
        rig.happens(message(seq))
    assert writes == []
    assert loop.run() == 1
    assert [len(frames) for frames in writes] == [3]
    assert ann.lines() == [4, 5, 6]


def test_while_a_broadcast_is_under_way_the_next_batch_gathers() -> None:
    rig, loop = slow_rig()
    people = seated(rig, loop, *"abcdefgh")
    rig.happens(message(4))
    loop.turn()
    rig.happens(message(5))
    rig.happens(message(6))
    reached = [browser.lines() for browser in people]
    assert sorted(reached) == [*[[]] * 5, *[[4]] * 3]
    loop.run()
    rest = [browser.lines() for browser in people]
    assert [a + b for a, b in zip(reached, rest, strict=True)] == [[4, 5, 6]] * 8


def test_a_socket_that_leaves_during_a_broadcast_gets_nothing_after_the_ack() -> None:
    rig, loop = slow_rig()
    people = seated(rig, loop, *"abcdef")
    rig.happens(message(4))
    loop.turn()
    waiting = [browser for browser in people if browser.lines() == []]
    assert len(waiting) == 3
    leaves(rig, waiting[0])
    loop.run()
    assert [browser.lines() for browser in waiting] == [[], [4], [4]]


def test_a_socket_subscribed_during_a_broadcast_gets_each_event_once() -> None:
    rig, loop = slow_rig()
    seated(rig, loop, *"abcdef")
    rig.happens(message(4))
    loop.turn()
    rig.happens(message(5))
    late = rig.browser()
    late.asks("join", {"user": "late", "room": "tea", "since": {"Epoch": "e1", "Seq": 2}})
    rig.let_in("late", head=4, recovered=True)
    loop.run()
    assert late.lines() == [3, 4, 5]


def test_a_socket_whose_ack_names_a_queued_event_waits_for_its_broadcast() -> None:
    rig, loop = slow_rig()
    seated(rig, loop, *"abcdef")
    rig.happens(message(4))
    loop.turn()
    rig.happens(message(5))
    late = rig.browser()
    late.asks("join", {"user": "late", "room": "tea", "since": {"Epoch": "e1", "Seq": 5}})
    rig.let_in("late", head=5, recovered=True)
    loop.run()
    rig.happens(message(6))
    loop.run()
    assert late.lines() == [6]


def test_a_socket_that_is_typing_gets_all_events_and_the_names_of_the_others() -> None:
    rig, loop = slow_rig()
    ann, bob = seated(rig, loop, "ann", "bob")
    rig.happens(message(4))
    rig.chat.on_broadcast("", m.Typing(term=1, room="tea", users={"u-ann": "ann"}))
    loop.run()
    for browser, others in ((ann, []), (bob, ["ann"])):
        (line, typing) = browser.hears()
        assert line[1]["Seq"] == 4
        assert typing == ("typing", {"Room": "tea", "Users": others})


def test_a_room_with_more_events_than_the_queue_holds_requests_the_rest_later() -> None:
    rig, loop = slow_rig()
    people = seated(rig, loop, "ann", "bob")
    text = "x" * 4000
    for seq in range(4, 1004):
        rig.happens(message(seq, text))
    rig.happens(*(message(seq, text) for seq in range(1004, 1804)))
    tea = rig.chat.rooms.public("tea")
    assert tea.is_full
    assert tea.replica.head < 1804
    assert rig.broker.of(m.GetPage) == []
    while not rig.broker.of(m.GetPage):
        loop.turn()
        for browser in people:
            browser.lines()
    asked = rig.broker.of(m.GetPage)[0]
    assert (asked.after, asked.limit) == (tea.replica.head, 1804 - 1 - tea.replica.head)
    rig.page([message(seq, text) for seq in range(asked.after + 1, 1804)])
    heard: list[int] = []
    while not heard or heard[-1] < 1803:
        loop.turn()
        heard += people[0].lines()
    assert heard == list(range(heard[0], 1804))


class View:
    """The events and presence of the room that one browser must get."""

    def __init__(self, browser: Browser, epoch: str, since: int | None, head: int) -> None:
        self.browser = browser
        self.epoch = epoch
        self.next = None if since is None else since + 1
        self.head = head
        self.versions: list[int] = []
        self.told: list[int] = []
        """The versions of presence that were published while the browser was subscribed."""

    def look(self) -> None:
        for name, payload in self.browser.hears():
            if name == "reset":
                self.epoch, self.head, self.next = payload["Epoch"], payload["Seq"], None
            elif name == "chat":
                seq = payload["Seq"]
                if self.next is None:
                    assert max(1, self.head - NEWEST) <= seq <= self.head + 1
                else:
                    assert seq == self.next
                assert payload["Text"] == f"{self.epoch} {seq}"
                self.next = seq + 1
            elif name == "presence":
                self.versions.append(payload["Version"])


class AnyCompany(RuleBasedStateMachine):
    """Browsers join, leave and come back, while events are lost, tails are shed and the room starts
    over, at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.rig, self.loop = slow_rig(
            replay=4, replay_events=NEWEST, recovery_events=RECOVERY, tail_bytes=1 << 20
        )
        self.log: list[m.Event] = []
        self.views: list[View] = []
        self.past: list[View] = []
        self.version = 0
        self.names = 0
        self.write(5)
        for _ in range(8):
            self.join(None)
        self.calm_down()

    @property
    def epoch(self) -> str:
        return self.rig.epoch

    def write(self, count: int) -> list[m.Event]:
        first = len(self.log) + 1
        new = [message(seq, f"{self.epoch} {seq}") for seq in range(first, first + count)]
        self.log += new
        return new

    def look(self) -> None:
        for view in self.views:
            view.look()
        for view in self.past:
            assert [event for event in view.browser.hears() if event[0] != "joined"] == []

    @rule(count=st.integers(1, 4), lost=st.integers(0, 9))
    def say(self, count: int, lost: int) -> None:
        new = self.write(count)
        if lost:
            self.rig.happens(*new)

    @rule()
    def say_a_lot_unheard(self) -> None:
        self.write(3 * RECOVERY)

    @rule(missed=st.one_of(st.none(), st.integers(0, RECOVERY)))
    def join(self, missed: int | None) -> None:
        head = len(self.log)
        since = None if missed is None else max(0, head - missed)
        browser = self.rig.browser()
        self.names += 1
        name = f"p{self.names}"
        more = {} if since is None else {"since": {"Epoch": self.epoch, "Seq": since}}
        browser.asks("join", {"user": name, "room": "tea", **more})
        self.rig.let_in(name, head=head, recovered=since is not None)
        view = View(browser, self.epoch, since, head)
        view.browser.hears()
        self.views.append(view)

    @rule(n=st.integers(0, 99))
    def leave(self, n: int) -> None:
        if len(self.views) > 1:
            view = self.views.pop(n % len(self.views))
            leaves(self.rig, view.browser)
            view.look()  # what was sent before the ack
            self.past.append(view)

    @rule()
    def come_and_go(self) -> None:
        self.version += 1
        news = m.Presence(term=1, room="tea", since=self.version - 1, version=self.version, count=1)
        self.rig.chat.on_broadcast("", news)
        for view in self.views:
            view.told.append(self.version)

    @rule(turns=st.integers(1, 3))
    def turn(self, turns: int) -> None:
        for _ in range(turns):
            assert self.loop.turn() < 0.1
            self.look()

    @rule(cut=st.integers(1, 30))
    def answer(self, cut: int = 99) -> None:
        if not self.rig.broker.asked:
            return
        command, _ = self.rig.broker.asked[0]
        if isinstance(command, m.GetPage):
            self.rig.broker.answer(m.GetPage, lambda no: self.page(command, no, cut))
        elif isinstance(command, m.TakeUp):
            self.rig.mark_all(len(self.log))
        else:
            self.rig.broker.answer(type(command), None)

    def page(self, asked: m.GetPage, no: int, cut: int) -> m.Paged:
        log = self.log if asked.room == "tea" else []
        log = log[: asked.before - 1] if asked.before else log
        events = (
            log[-asked.limit :]
            if asked.after is None
            else log[asked.after :][: min(asked.limit, cut)]
        )
        return m.Paged(
            term=1, no=no, room=asked.room, epoch=self.epoch, head=len(log), events=events,
            more=False,
        )  # fmt: skip

    @rule()
    def shed(self) -> None:
        for room in self.rig.chat.rooms:
            room.shed()

    @rule()
    def restore_a_backup(self) -> None:
        self.log = []
        self.rig.epoch = f"e{int(self.epoch[1:]) + 1}"
        self.write(3)
        self.rig.link(self.epoch, head=3)

    @rule()
    def calm_down(self) -> None:
        """Once every request is answered, every browser has all events."""
        self.rig.chat.maintenance.step(self.loop.now)
        while self.rig.chat.marks.step():
            pass
        self.rig.mark_all(len(self.log))
        self.rig.chat.rooms.on_head("tea", self.epoch, len(self.log))
        rounds = 0
        while self.loop.run() or self.rig.broker.asked:
            self.rig.chat.maintenance.step(self.loop.now)
            while self.rig.broker.asked:
                self.answer()
            rounds += 1
            assert rounds < 100
        self.look()
        tea = self.rig.chat.rooms.public("tea")
        assert len(tea.subscribers) == len(self.views)
        for view in self.views:
            assert view.epoch == self.epoch
            assert view.next == len(self.log) + 1
            if send_queue.FULL_BYTES == FULL_BYTES:
                assert view.versions[len(view.versions) - len(view.told) :] == view.told
            assert view.versions == sorted(set(view.versions))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("bounds", ["wide", "narrow"])
def test_each_subscriber_gets_each_event_once_and_in_order_whatever_happens(
    bounds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bounds == "narrow":  # a batch and a step are a line or two, and a burst is more than waits
        monkeypatch.setattr(send_queue, "BATCH_BYTES", 200)
        monkeypatch.setattr(send_queue, "FULL_BYTES", 3000)
        monkeypatch.setattr(catch_ups, "STEP_BYTES", 200)
        monkeypatch.setattr(catch_ups, "STEP_EVENTS", 3)
    run_state_machine_as_test(
        AnyCompany, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )
