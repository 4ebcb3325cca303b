"""gateway/replica/replica.py, gateway/replica/effects.py, gateway/replica/states.py: the replica
has the room's log, whatever the link does."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from common.messages import Event, Paged
from gateway.replica.effects import AskPage, Deliver, Effect, ReplicaLimits, StartOver
from gateway.replica.replica import Replica
from tests.support.events import message, messages

LIMITS = ReplicaLimits(replay_events=4, recovery_events=10, hold_bytes=20_000)


MANY = 1000


def replay(replica: Replica, messages: int) -> list[Event] | None:
    """What somebody who joins now is shown."""
    return replica.replay(messages, replica.head, MANY)


def page(first: int, last: int, head: int = 0, epoch: str = "e", more: bool = False) -> Paged:
    events = messages(first, last)
    return Paged(term=1, no=1, room="r", epoch=epoch, head=head or last, events=events, more=more)


def public() -> Replica:
    """A room that was taken up and is at Seq 10."""
    replica = Replica("r", LIMITS)
    assert replica.on_mark("e", 10) == [AskPage("r", None, 4)]
    assert replica.on_page(page(7, 10), newest=True) == []
    return replica


def private(head: int = 10) -> Replica:
    return Replica("@r", LIMITS, private=True, epoch="e", head=head)


# --- take-up -------------------------------------------------------------------------------------


def test_a_room_is_live_with_its_mark_and_the_newest_page() -> None:
    replica = Replica("r", LIMITS)
    assert not replica.live
    assert replica.on_mark("e", 10) == [AskPage("r", None, 4)]
    assert not replica.live
    assert replica.on_page(page(7, 10), newest=True) == []
    assert (replica.live, replica.epoch, replica.head) == (True, "e", 10)
    assert replay(replica, 2) == messages(9, 10)


def test_a_page_that_comes_before_the_mark_of_a_room_that_starts_over_is_ignored() -> None:
    replica = public()
    replica.on_new_link()
    replica.restart()
    assert replica.on_page(page(7, 10), newest=True) == []
    assert replica.on_page_lost() == []
    assert replica.on_mark("e", 11) == [AskPage("r", None, 4)]
    assert replica.on_page(page(8, 11), newest=True) != []
    assert (replica.live, replica.head) == (True, 11)


def test_events_that_come_before_the_newest_page_are_held_and_repeats_are_dropped() -> None:
    replica = Replica("r", LIMITS)
    assert replica.on_events("e", messages(9, 10)) == []
    replica.on_mark("e", 10)
    assert replica.on_events("e", messages(11, 13)) == []
    assert replica.on_page(page(9, 12), newest=True) == []
    assert (replica.live, replica.head) == (True, 13)
    assert replica.after(7, MANY) is None
    assert replica.after(8, MANY) == messages(9, 13)


def test_an_empty_room_is_live_too() -> None:
    replica = Replica("r", LIMITS)
    replica.on_mark("e", 0)
    assert replica.on_page(page(1, 0), newest=True) == []
    assert (replica.live, replay(replica, 50)) == (True, [])
    assert replica.on_events("e", [message(1)]) == [Deliver("r", [message(1)])]
    assert replay(replica, 50) == [message(1)]


def test_a_page_that_was_lost_is_requested_again() -> None:
    replica = Replica("r", LIMITS)
    replica.on_mark("e", 10)
    assert replica.on_page_lost() == [AskPage("r", None, 4)]
    replica.on_page(page(7, 10), newest=True)
    assert replica.on_page_lost() == []


# --- new links -----------------------------------------------------------------------------------


def test_on_a_new_link_a_room_that_missed_nothing_is_live_with_its_mark() -> None:
    replica = public()
    assert replica.on_new_link() == []
    assert not replica.live
    assert replica.on_mark("e", 10) == []
    assert replica.live


def test_on_a_new_link_the_missed_events_are_requested_and_delivered() -> None:
    replica = public()
    replica.on_new_link()
    assert replica.on_mark("e", 13) == [AskPage("r", 10, 3)]
    assert not replica.live
    assert replica.on_events("e", [message(14)]) == []
    assert replica.on_page(page(11, 13), newest=False) == [Deliver("r", messages(11, 14))]
    assert replica.live


def test_a_page_that_was_cut_is_asked_on() -> None:
    replica = public()
    replica.on_new_link()
    replica.on_mark("e", 15)
    assert replica.on_page(page(11, 12, head=15, more=True), newest=False) == [
        Deliver("r", messages(11, 12)),
        AskPage("r", 12, 3),
    ]


def test_a_replica_that_is_too_far_behind_starts_over() -> None:
    replica = public()
    replica.on_new_link()
    assert replica.on_mark("e", 21) == [AskPage("r", None, 4)]
    assert replica.on_events("e", [message(22), message(23)]) == []
    assert replica.on_page(page(19, 22), newest=True) == [
        StartOver("r", "e", 22, messages(19, 22)),
        Deliver("r", [message(23)]),
    ]
    assert (replica.live, replica.head) == (True, 23)


def test_another_epoch_is_another_log() -> None:
    replica = public()
    replica.on_new_link()
    assert replica.on_mark("f", 2) == [AskPage("r", None, 4)]
    assert replay(replica, 1) is None
    assert replica.on_page(page(11, 12), newest=True) == []  # of the old epoch
    assert replica.on_page(page(1, 2, epoch="f"), newest=True) == [
        StartOver("r", "f", 2, messages(1, 2))
    ]
    assert (replica.live, replica.epoch, replica.head) == (True, "f", 2)


def test_the_answer_to_a_question_of_an_older_link_does_no_harm() -> None:
    replica = public()
    replica.on_head("e", 12)
    replica.on_new_link()
    assert replica.on_page(page(11, 12), newest=False) == []
    assert replica.on_mark("e", 30) == [AskPage("r", None, 4)]
    assert replica.on_page(page(11, 12, head=30, more=True), newest=False) == []
    assert replica.on_page(page(11, 12), newest=False) == []
    assert replica.on_page(page(27, 30), newest=True) == [StartOver("r", "e", 30, messages(27, 30))]
    assert replica.on_page(page(27, 30), newest=True) == []


def test_an_empty_page_that_comes_late_is_not_the_newest_one() -> None:
    replica = public()
    replica.on_new_link()
    assert replica.on_mark("e", 30) == [AskPage("r", None, 4)]
    assert replica.on_page(page(1, 0, head=30), newest=True) == []
    assert not replica.live
    assert replica.on_page(page(27, 30), newest=True) == [StartOver("r", "e", 30, messages(27, 30))]


# --- holes ---------------------------------------------------------------------------------------


def test_a_hole_is_requested_once_and_newer_events_wait() -> None:
    replica = public()
    assert replica.on_events("e", [message(13)]) == [AskPage("r", 10, 2)]
    assert replica.on_events("e", [message(14)]) == []
    assert replica.live
    assert replica.on_page(page(11, 12), newest=False) == [Deliver("r", messages(11, 14))]


def test_events_that_come_late_or_twice_are_dropped() -> None:
    replica = public()
    assert replica.on_events("e", messages(9, 11)) == [Deliver("r", [message(11)])]
    assert replica.on_events("e", [message(11)]) == []
    assert replica.on_head("e", 3) == []


def test_a_hole_that_fills_by_itself_needs_no_page() -> None:
    replica = public()
    assert replica.on_events("e", [message(12)]) == [AskPage("r", 10, 1)]
    assert replica.on_events("e", [message(11)]) == [Deliver("r", messages(11, 12))]
    assert replica.on_page(page(11, 11), newest=False) == []
    assert replica.on_events("e", [message(14)]) == [AskPage("r", 12, 1)]


def test_a_hole_at_the_very_end_shows_by_the_head() -> None:
    replica = public()
    assert replica.on_head("e", 11) == [AskPage("r", 10, 1)]
    assert replica.on_head("e", 11) == []
    assert replica.on_page(page(11, 11), newest=False) == [Deliver("r", [message(11)])]


def test_too_many_events_behind_a_hole_are_dropped_and_requested_again() -> None:
    replica = public()
    assert replica.on_events("e", [message(12)]) == [AskPage("r", 10, 1)]
    assert replica.on_events("e", [message(13, "x" * 30_000)]) == []
    assert replica.on_page(page(11, 11), newest=False) == [
        Deliver("r", [message(11)]),
        AskPage("r", 11, 2),
    ]


def test_a_log_that_no_longer_has_the_hole_is_started_over() -> None:
    replica = public()
    assert replica.on_head("e", 20) == [AskPage("r", 10, 10)]
    assert replica.on_page(page(15, 20), newest=False) == [AskPage("r", None, 4)]
    assert replica.on_page(page(17, 20), newest=True) == [StartOver("r", "e", 20, messages(17, 20))]


# --- private rooms -------------------------------------------------------------------------------


def test_a_private_room_is_live_from_the_start_and_on_each_new_link() -> None:
    replica = private()
    assert replica.live
    assert replica.on_events("e", [message(11)]) == [Deliver("@r", [message(11)])]
    assert replica.on_new_link() == []
    assert replica.live
    assert replica.on_head("e", 12) == [AskPage("@r", 11, 1)]
    assert replica.on_new_link() == [AskPage("@r", 11, 1)]
    assert replica.on_page(page(12, 12), newest=False) == [Deliver("@r", [message(12)])]


def test_a_new_private_room_takes_the_epoch_of_its_first_input() -> None:
    replica = Replica("@r", LIMITS, private=True)
    assert replica.on_events("e", [message(2)]) == [AskPage("@r", 0, 1)]
    assert replica.epoch == "e"
    assert replica.on_page(page(1, 1), newest=False) == [Deliver("@r", messages(1, 2))]


def test_another_epoch_before_the_mark_starts_the_room_over_too() -> None:
    replica = Replica("r", LIMITS)
    replica.on_head("e", 10)  # a join's ack
    replica.on_mark("f", 2)
    assert replica.on_page(page(1, 2, epoch="f"), newest=True) == [
        StartOver("r", "f", 2, messages(1, 2))
    ]


def test_events_that_come_before_their_page_do_not_stop_the_next_request() -> None:
    replica = public()
    assert replica.on_events("e", [message(12)]) == [AskPage("r", 10, 1)]
    replica.on_events("e", [message(14)])
    assert replica.on_events("e", [message(11)]) == [Deliver("r", messages(11, 12))]
    assert replica.on_page(page(11, 11, head=14), newest=False) == [AskPage("r", 12, 1)]


def test_a_private_room_of_another_epoch_starts_over() -> None:
    replica = private()
    assert replica.on_head("f", 1) == [AskPage("@r", None, 4)]
    assert not replica.live
    assert replica.on_page(page(1, 1, epoch="f"), newest=True) == [
        StartOver("@r", "f", 1, messages(1, 1))
    ]


# --- memory --------------------------------------------------------------------------------------


def test_a_shed_replica_goes_on_without_its_tail() -> None:
    replica = public()
    replica.shed()
    assert replica.tail_bytes == 0
    assert replay(replica, 1) is None
    assert replica.on_events("e", [message(11)]) == [Deliver("r", [message(11)])]
    assert replay(replica, 1) == [message(11)]


# --- any link ------------------------------------------------------------------------------------


@dataclass
class Store:
    """A room's log as the broker has it."""

    epoch: str
    log: list[Event] = field(default_factory=list)

    def write(self, kind: str, about: int) -> Event:
        seq = len(self.log) + 1
        said = [e for e in self.log if e.kind == "message"]
        if kind == "message" or not said:
            event = Event(seq, "message", "ann", 0.0, f"text {seq}", id=f"{self.epoch}{seq}")
        else:
            ref = said[about % len(said)].seq
            text = f"text {seq}" if kind == "edit" else ""
            event = Event(seq, kind, "ann", 0.0, text, ref=ref)  # type: ignore[arg-type]
            self.log[ref - 1] = replace(self.log[ref - 1], text=text, rev=seq)
            if kind == "delete":
                edits = [e for e in self.log if e.kind == "edit" and e.ref == ref]
                for e in edits:
                    self.log[e.seq - 1] = replace(e, text="")
        self.log.append(event)
        return event

    def answer(self, ask: AskPage, cut: int) -> Paged:
        limit = min(ask.limit, cut)
        found = self.log[-limit:] if ask.after is None else self.log[ask.after :][:limit]
        seqs = [e.seq for e in found] or [0]
        more = seqs[0] > 1 if ask.after is None else 0 < seqs[-1] < self.head
        return Paged(
            term=1, no=1, room="r", epoch=self.epoch, head=self.head, events=list(found), more=more
        )

    @property
    def head(self) -> int:
        return len(self.log)


class AnyLink(RuleBasedStateMachine):
    """Whatever is dropped, doubled, late or out of order: what is shown is the log."""

    private = False

    def __init__(self) -> None:
        super().__init__()
        self.store = Store("a")
        self.logs = {"a": self.store.log}
        self.replica = Replica("r", LIMITS, private=self.private)
        self.frames: list[list[Event]] = []
        self.questions: list[AskPage] = []
        self.late: list[tuple[Paged, bool]] = []
        """Answers that are late, each with whether the newest page was asked for."""
        self.shown = 0 if self.private else None

    def carry_out(self, effects: list[Effect]) -> None:
        for order in effects:
            match order:
                case AskPage():
                    self.questions.append(order)
                case Deliver(events=events) if self.shown is not None:
                    self.show(self.replica.epoch, self.shown, events)
                case Deliver():
                    pass  # nobody is shown anything before the room is live
                case StartOver(epoch=epoch, head=head, events=events):
                    self.show(epoch, head - len(events), events)
                    assert self.shown == head
        if self.shown is None and self.replica.live:
            self.shown = self.replica.head

    def show(self, epoch: str, after: int, events: list[Event]) -> None:
        assert [e.seq for e in events] == list(range(after + 1, after + 1 + len(events)))
        for event in events:
            true = self.logs[epoch][event.seq - 1]
            assert (event.kind, event.id, event.ref) == (true.kind, true.id, true.ref)
        self.shown = after + len(events)

    @rule(
        kinds=st.lists(st.sampled_from(["message", "message", "edit", "delete"]), min_size=1),
        about=st.integers(0, 9),
    )
    def publish(self, kinds: list[str], about: int) -> None:
        self.frames.append([self.store.write(kind, about) for kind in kinds])

    @precondition(lambda self: self.frames)
    @rule(n=st.integers(0, 99), keep=st.booleans())
    def arrive(self, n: int, keep: bool) -> None:
        frame = self.frames[n % len(self.frames)]
        if not keep:
            self.frames.remove(frame)
        self.carry_out(self.replica.on_events(self.store.epoch, frame))

    @precondition(lambda self: self.frames)
    @rule()
    def arrive_in_order(self) -> None:
        while self.frames:
            self.carry_out(self.replica.on_events(self.store.epoch, self.frames.pop(0)))

    @precondition(lambda self: self.frames)
    @rule(n=st.integers(0, 99))
    def drop(self, n: int) -> None:
        self.frames.pop(n % len(self.frames))

    @rule()
    def mark(self) -> None:
        if self.private:
            self.carry_out(self.replica.on_head(self.store.epoch, self.store.head))
        else:
            self.carry_out(self.replica.on_mark(self.store.epoch, self.store.head))

    @rule(n=st.integers(0, 99))
    def beacon(self, n: int) -> None:
        head = max(0, self.store.head - n) if n % 2 else self.store.head
        self.carry_out(self.replica.on_head(self.store.epoch, head))

    @precondition(lambda self: self.questions)
    @rule(n=st.integers(0, 99), cut=st.integers(1, 9), late=st.booleans())
    def answer(self, n: int, cut: int, late: bool) -> None:
        asked = self.questions.pop(n % len(self.questions))
        page = self.store.answer(asked, cut)
        if late:
            self.late.append((page, asked.after is None))
        else:
            self.carry_out(self.replica.on_page(page, asked.after is None))

    @precondition(lambda self: self.late)
    @rule(n=st.integers(0, 99), keep=st.booleans())
    def late_page(self, n: int, keep: bool) -> None:
        late = self.late[n % len(self.late)]
        if not keep:
            self.late.remove(late)
        self.carry_out(self.replica.on_page(*late))

    @precondition(lambda self: self.questions)
    @rule(n=st.integers(0, 99))
    def fail(self, n: int) -> None:
        question = self.questions.pop(n % len(self.questions))
        if self.replica.waits_for(question):
            self.questions.append(question)

    @precondition(lambda self: self.questions)
    @rule(n=st.integers(0, 99))
    def do_not_ask(self, n: int) -> None:
        self.questions.pop(n % len(self.questions))
        self.carry_out(self.replica.on_page_lost())

    @rule()
    def relink(self) -> None:
        self.frames.clear()
        self.carry_out(self.replica.on_new_link())

    @rule(kept=st.integers(0, 5))
    def restore_a_backup(self, kept: int) -> None:
        self.store = Store(chr(ord(self.store.epoch) + 1))
        self.logs[self.store.epoch] = self.store.log
        for _ in range(kept):
            self.store.write("message", 0)
        self.relink()

    @rule()
    def shed(self) -> None:
        self.replica.shed()
        assert self.replica.tail_bytes == 0

    @rule()
    def calm_down(self) -> None:
        """Once all is heard and answered, nothing is missing."""
        self.frames.clear()
        for late in self.late:
            self.carry_out(self.replica.on_page(*late))
        self.late.clear()
        self.mark()
        rounds = 0
        while self.questions:
            asked = self.questions.pop(0)
            page = self.store.answer(asked, cut=99)
            self.carry_out(self.replica.on_page(page, asked.after is None))
            rounds += 1
            assert rounds < 200
        assert self.replica.live
        assert (self.replica.epoch, self.replica.head) == (self.store.epoch, self.store.head)
        assert self.shown == self.store.head
        for count in range(6):
            shown = replay(self.replica, count)
            assert shown is None or shown == self.store.log[self.store.head - len(shown) :]

    @invariant()
    def what_is_shown_ends_at_the_head(self) -> None:
        if self.shown is not None and self.replica.epoch == self.store.epoch:
            if replay(self.replica, 0) is not None:
                assert self.shown == self.replica.head
            newer = self.replica.after(max(0, self.replica.head - 2), MANY)
            if newer is not None:
                first = max(0, self.replica.head - 2)
                assert [e.seq for e in newer] == list(range(first + 1, self.replica.head + 1))

    @invariant()
    def memory_is_bounded(self) -> None:
        assert self.replica.tail_bytes <= LIMITS.tail_events * 1000


class AnyPrivateLink(AnyLink):
    private = True


@pytest.mark.parametrize("machine", [AnyLink, AnyPrivateLink])
@pytest.mark.timeout(120)
def test_the_sockets_see_the_log(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(
        machine, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )
