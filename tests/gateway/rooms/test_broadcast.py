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
from tests.support.events import message
from tests.support.gateway_playbook import (
    Gateway,
    Step,
    answers,
    answers_page,
    asked_pages,
    asks,
    broadcasts,
    comes_back,
    happens,
    has_seen_all,
    hears,
    is_in,
    play,
    said,
    settles,
    steps,
    told,
    told_nothing,
    turn,
)
from tests.support.gateway_rig import Browser, Turns, record_writes

RECOVERY, NEWEST = 12, 6


PEOPLE = "abcdefgh"


def slow_gateway(**settings: Any) -> tuple[Gateway, Turns]:
    """Each step of a broadcast sends to one socket, and three steps fill a turn of the loop."""
    loop = Turns()
    return Gateway(loop, ChatLimits(chunk_sockets=1), **settings), loop


@pytest.fixture
def gateway() -> Gateway:
    return slow_gateway()[0]


def all_in(*people: str) -> Step:
    """These people are in "tea", whose head is 3."""
    return steps(*(is_in(person, head=3) for person in people))


def reached(gateway: Gateway) -> list[str]:
    """The people to whom something has come that they have not looked at."""
    for person in gateway.people:
        gateway.unseen[person] = gateway.look(person)
    return [person for person, came in gateway.unseen.items() if came]


def test_events_of_one_loop_turn_are_sent_in_one_write(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(gateway, all_in("ann"))
    writes = record_writes(monkeypatch)
    play(gateway, said(4), said(5), said(6))
    assert writes == []
    play(gateway, turn())
    assert [len(frames) for frames in writes] == [3]
    play(gateway, hears("ann", 4, 5, 6))


def test_while_a_broadcast_is_under_way_the_next_batch_gathers(gateway: Gateway) -> None:
    play(gateway, all_in(*PEOPLE), said(4), turn(), said(5), said(6))
    early = reached(gateway)
    assert len(early) == 3
    play(gateway, *(hears(person, 4) for person in early), settles())
    for person in PEOPLE:
        play(gateway, hears(person, 5, 6) if person in early else hears(person, 4, 5, 6))


def test_a_socket_that_leaves_during_a_broadcast_gets_nothing_after_the_ack(
    gateway: Gateway,
) -> None:
    play(gateway, all_in(*"abcdef"), said(4), turn())
    leaving, *others = (person for person in "abcdef" if person not in reached(gateway))
    assert len(others) == 2
    play(
        gateway,
        asks(leaving, "leave", room="tea"),
        answers(m.Leave, m.Done),
        settles(),
        hears(leaving),
        *(hears(person, 4) for person in others),
    )


def test_a_socket_subscribed_during_a_broadcast_gets_each_event_once(gateway: Gateway) -> None:
    play(
        gateway,
        all_in(*"abcdef"),
        said(4),
        turn(),
        said(5),
        comes_back("late", since=2, head=4),
        settles(),
        hears("late", 3, 4, 5),
    )


def test_a_socket_whose_ack_names_a_queued_event_waits_for_its_broadcast(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        all_in(*"abcdef"),
        said(4),
        turn(),
        said(5),
        comes_back("late", since=5, head=5),
        settles(),
        said(6),
        settles(),
        hears("late", 6),
    )


def test_a_socket_that_is_typing_gets_all_events_and_the_names_of_the_others(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        all_in("ann", "bob"),
        said(4),
        broadcasts(m.Typing(term=1, room="tea", users={"u-ann": "ann"})),
        settles(),
        told("ann", "chat", Seq=4),
        told("ann", "typing", Room="tea", Users=[]),
        told_nothing("ann"),
        told("bob", "chat", Seq=4),
        told("bob", "typing", Room="tea", Users=["ann"]),
        told_nothing("bob"),
    )


def test_a_room_with_more_events_than_the_queue_holds_requests_the_rest_later() -> None:
    gateway, loop = slow_gateway()
    text = "x" * 4000
    play(
        gateway,
        all_in("ann", "bob"),
        *(happens(message(seq, text)) for seq in range(4, 1004)),
        happens(*(message(seq, text) for seq in range(1004, 1804))),
    )
    tea = gateway.chat.rooms.public("tea")
    assert tea.is_full
    assert tea.replica.head < 1804
    play(gateway, asked_pages("tea"))
    while not gateway.broker.of(m.GetPage):
        play(gateway, turn(), has_seen_all("ann"), has_seen_all("bob"))
    head = tea.replica.head
    play(
        gateway,
        asked_pages("tea", {"after": head, "limit": 1804 - 1 - head}),
        answers_page([message(seq, text) for seq in range(head + 1, 1804)]),
    )
    heard: list[int] = []
    while not heard or heard[-1] < 1803:
        loop.turn()
        heard += gateway.person("ann").lines()
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
        self.rig, self.loop = slow_gateway(
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
            view.browser.asks("leave", {"room": "tea"})
            self.rig.broker.answer(m.Leave, lambda no: m.Done(term=1, no=no))
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
