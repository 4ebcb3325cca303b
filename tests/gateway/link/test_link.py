"""gateway.link.link and states: the link as a transcript of what is sent, arrives and is due."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from common import messages as m
from common.codec import decode_command
from common.settings import Settings
from common.transitions import ImpossibleTransition
from gateway.link import pending
from gateway.link.link import HOLD_S, LONGEST_REST_S, READ_MESSAGES, STEP_COMMANDS, Link
from gateway.link.ports import LinkListener, Reporter
from gateway.link.states import LinkLost, LinkState
from gateway.link.topics import STEP_TOPICS

OWN_TOPIC = m.gateway_topic("g1")
LEASE_S = 15.0


class Wire(LinkListener, Reporter):
    """A Connection that keeps what is sent, and the listener and reporter of the same link."""

    def __init__(self) -> None:
        self.subscribed = False
        self.sent: list[m.AnyCommand] = []
        self.topics: list[str] = []
        self.unread_answers: list[m.AnyAnswer] = []
        self.unread_broadcasts: list[tuple[str, m.AnyBroadcast]] = []
        self.here: list[m.SessionInfo] = []
        self.told: list[object] = []
        self.faults: list[Exception] = []
        self.turned_away = 0

    def answers(self, limit: int) -> list[m.AnyAnswer]:
        unread = self.unread_answers
        taken, self.unread_answers = unread[:limit], unread[limit:]
        return taken

    def broadcasts(self, limit: int) -> list[tuple[str, m.AnyBroadcast]]:
        taken, self.unread_broadcasts = (
            self.unread_broadcasts[:limit],
            self.unread_broadcasts[limit:],
        )
        return taken

    def send(self, frame: bytes) -> None:
        self.sent.append(decode_command(frame))

    def subscribe(self, topics: Iterable[str]) -> None:
        self.topics += topics

    def unsubscribe(self, topic: str) -> None:
        self.topics.remove(topic)

    def session_infos(self) -> list[m.SessionInfo]:
        return self.here

    def on_link_up(self, epoch: str, term: int) -> None:
        self.told.append(("up", epoch, term))

    def on_link_down(self) -> None:
        self.told.append("down")

    def on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        self.told.append(message)

    def on_answer(self, answer: m.AnyAnswer | None) -> None:
        self.told.append(answer)

    def on_fault(self, error: Exception) -> None:
        self.faults.append(error)

    def on_turned_away(self, waiting: int) -> None:
        self.turned_away += 1


class Play:
    """One link with time passed by hand."""

    def __init__(self, **settings: Any) -> None:
        self.wire = Wire()
        self.now = 100.0
        self.link = Link(Settings(**settings), "g1", "secret", self.now, self.wire)

    def connects(self) -> None:
        self.wire.subscribed = False
        self.wire.sent.clear()
        self.wire.topics.clear()
        self.link.connect(self.wire, self.wire)

    def answers(self, make: Callable[[int], m.AnyAnswer] | None = None) -> None:
        """The broker answers the command that was sent last."""
        no = self.wire.sent[-1].no
        self.arrives(m.Done(term=self.link.term, no=no) if make is None else make(no))

    def arrives(self, answer: m.AnyAnswer) -> None:
        self.wire.unread_answers.append(answer)
        self.link.read()

    def hears(self, message: m.AnyBroadcast) -> None:
        self.wire.unread_broadcasts.append(("t", message))
        self.link.read()

    def is_welcomed(self, term: int = 1, epoch: str = "e", lease_s: float = LEASE_S) -> None:
        self.answers(
            lambda no: m.Welcome(term=term, no=no, epoch=epoch, events="5556", lease_s=lease_s)
        )

    def steps(self, seconds: float = 0.0) -> int:
        """Passes time, in steps of a second at most; returns how many steps were taken."""
        count = 0
        while True:
            passed = min(seconds, 1.0)
            self.now += passed
            seconds -= passed
            count += 1
            while self.link.step(self.now):
                count += 1
            if not seconds:
                return count

    def subscribes(self) -> None:
        self.link.listen()
        self.steps()
        self.wire.subscribed = True
        self.steps()

    def comes_up(self, term: int = 1, epoch: str = "e") -> None:
        self.connects()
        self.is_welcomed(term, epoch)
        self.subscribes()
        self.answers()
        self.steps()
        assert self.link.up

    def says(self, text: str, hold: bool = True) -> None:
        link = self.link
        command = m.Say(no=link.number(), sid="s", room="tea", text=text, id=text)
        link.ask(command, self.wire.on_answer, hold=hold)

    def said(self) -> list[str]:
        return [command.text for command in self.wire.sent if isinstance(command, m.Say)]


def presence(term: int) -> m.Typing:
    return m.Typing(term=term, room="tea", users={})


# --- a link comes up -----------------------------------------------------------------------------


def test_hello_then_topics_then_the_sessions_then_what_waits() -> None:
    play = Play()
    play.wire.here = [m.SessionInfo("s", "ann", False, ["tea"])]
    play.link.subscribe(["t1", "t2", "t1"])
    play.says("early")
    play.connects()
    assert play.wire.sent == [m.Hello(no=2, wire=m.WIRE, gateway="g1", proof="secret")]
    play.is_welcomed()
    assert (play.link.state, play.link.events) == (LinkState.WELCOMED, "5556")
    play.link.listen()
    play.steps()
    assert play.wire.topics == [OWN_TOPIC, "t1", "t2"]
    assert len(play.wire.sent) == 1, "no Register before the connection for broadcasts is up"
    play.wire.subscribed = True
    play.steps()
    assert play.wire.sent[1:] == [m.Register(no=3, sessions=play.wire.here, last=True)]
    assert (play.said(), play.link.up) == ([], False)
    play.answers()
    play.steps()
    assert (play.said(), play.link.up) == (["early"], True)
    assert play.wire.told == [("up", "e", 1)]


def test_each_register_follows_the_answer_to_the_one_before() -> None:
    play = Play()
    play.wire.here = [m.SessionInfo(str(n), "ann", True, []) for n in range(1500)]
    play.connects()
    play.is_welcomed()
    play.subscribes()
    assert [len(c.sessions) for c in play.wire.sent if isinstance(c, m.Register)] == [1000]
    play.answers()
    assert [len(c.sessions) for c in play.wire.sent if isinstance(c, m.Register)] == [1000, 500]
    play.answers()
    assert play.link.state is LinkState.RESENDING


def test_many_topics_are_subscribed_in_steps_and_only_those_still_wanted() -> None:
    play = Play()
    topics = [f"t{n}" for n in range(3 * STEP_TOPICS)]
    play.link.subscribe(topics)
    play.connects()
    play.is_welcomed()
    play.link.listen()
    assert play.link.step(play.now)
    assert len(play.wire.topics) == STEP_TOPICS
    play.link.unsubscribe([topics[0], topics[-1], topics[-2], "unknown"])
    play.link.subscribe(["new", topics[-2]])
    play.steps()
    assert play.wire.topics == [OWN_TOPIC, *topics[1:-2], "new", topics[-2]]
    play.link.unsubscribe(["new"])
    assert "new" not in play.wire.topics


def test_commands_without_an_answer_are_sent_again_in_order_and_in_steps() -> None:
    play = Play()
    play.comes_up()
    for number in range(STEP_COMMANDS + 1):
        play.says(str(number))
    play.link.lose()
    play.connects()
    play.is_welcomed()
    play.subscribes()
    play.answers()
    assert play.link.step(play.now)
    assert len(play.said()) == STEP_COMMANDS
    play.says("meanwhile")
    assert len(play.said()) == STEP_COMMANDS
    play.steps()
    assert play.said() == [*map(str, range(STEP_COMMANDS + 1)), "meanwhile"]
    assert (play.link.up, play.link.counts.relinks) == (True, 2)


# --- answers and broadcasts ----------------------------------------------------------------------


def test_an_answer_is_told_once() -> None:
    play = Play()
    play.comes_up()
    play.says("one")
    said = m.Said(term=1, no=play.wire.sent[-1].no, room="tea", id="one", seq=1, timestamp=0.0)
    play.arrives(said)
    play.arrives(said)
    assert play.wire.told[1:] == [said]
    assert play.link.counts.late_answers == 1


def test_answers_and_broadcasts_of_an_older_term_are_refused() -> None:
    play = Play()
    play.comes_up(term=5)
    play.says("one")
    play.answers(lambda no: m.Done(term=4, no=no))
    play.hears(presence(4))
    play.hears(presence(5))
    assert play.wire.told[1:] == [presence(5)]
    assert play.link.counts.refused_old_term == 2


def test_broadcasts_wait_in_the_connection_until_the_link_is_up() -> None:
    play = Play()
    play.connects()
    play.is_welcomed()
    play.subscribes()
    play.hears(presence(1))
    play.answers()
    assert (play.wire.told, len(play.wire.unread_broadcasts)) == ([], 1)
    play.steps()
    play.link.read()
    assert play.wire.told == [("up", "e", 1), presence(1)]


def test_one_read_takes_only_so_many_messages_of_each_kind() -> None:
    play = Play()
    play.comes_up()
    play.wire.unread_answers = [m.Done(term=1, no=0)] * (READ_MESSAGES + 1)
    play.wire.unread_broadcasts = [("t", presence(1))] * (READ_MESSAGES + 1)
    play.link.read()
    assert (len(play.wire.unread_answers), len(play.wire.unread_broadcasts)) == (1, 1)
    assert play.wire.told[1:] == [presence(1)] * READ_MESSAGES


def test_an_error_of_the_listener_is_reported_and_costs_nobody_else() -> None:
    play = Play()
    play.comes_up()

    def fail(answer: m.AnyAnswer | None) -> None:
        raise ValueError("ours")

    play.link.ask(m.GetHeads(no=play.link.number(), rooms=["tea"]), fail)
    play.answers()
    assert (str(play.wire.faults[0]), play.link.counts.faults) == ("ours", 1)
    assert play.link.up


# --- a link is lost ------------------------------------------------------------------------------


def test_an_older_broker_of_the_same_store_is_refused_but_not_a_restored_one() -> None:
    play = Play()
    play.comes_up(term=5)
    play.link.lose()
    play.connects()
    with pytest.raises(LinkLost, match="term 4, 5 was seen"):
        play.is_welcomed(term=4)
    play.link.lose()
    play.comes_up(term=2, epoch="f")
    assert play.wire.told == [("up", "e", 5), "down", ("up", "f", 2)]
    assert play.link.counts.refused_old_term == 1


@pytest.mark.parametrize("state", [LinkState.GREETING, LinkState.REGISTERING, LinkState.UP])
def test_a_broker_that_does_not_know_the_gateway_ends_the_link(state: LinkState) -> None:
    play = Play()
    play.connects()
    if state is not LinkState.GREETING:
        play.is_welcomed()
        play.subscribes()
    if state is LinkState.UP:
        play.answers()
        play.steps()
    assert play.link.state is state
    with pytest.raises(LinkLost, match="does not know this gateway"):
        play.answers(lambda no: m.Failed(term=1, no=no, code="hello", message="who?"))


def test_a_broker_that_cannot_register_ends_the_link() -> None:
    play = Play()
    play.connects()
    play.is_welcomed()
    play.subscribes()
    with pytest.raises(LinkLost, match="full disk"):
        play.answers(lambda no: m.Failed(term=1, no=no, code="unavailable", message="full disk"))


def test_a_silent_broker_ends_the_link_and_beats_keep_it() -> None:
    play = Play()
    play.comes_up()
    for _ in range(5):
        play.steps(LEASE_S / 3)
        assert isinstance(play.wire.sent[-1], m.Beat)
        play.answers()
    with pytest.raises(LinkLost, match=r"no answer for 12.0 s"):
        play.steps(LEASE_S)


def test_time_in_which_the_process_was_stopped_does_not_count() -> None:
    play = Play()
    play.comes_up()
    play.now += 3600
    play.link.step(play.now)
    assert play.link.up


def test_a_lost_link_is_told_once_and_rests_grow_up_to_a_second() -> None:
    play = Play()
    play.comes_up()
    play.link.lose()
    assert play.wire.told == [("up", "e", 1), "down"]
    rests = [play.link.rest_s(1.0) for _ in range(8)]
    assert rests == sorted(rests)
    assert (rests[0], rests[-1]) == (0.05, LONGEST_REST_S)
    assert play.link.rest_s(0.0) == LONGEST_REST_S / 2
    with pytest.raises(ImpossibleTransition, match="LOSS in DOWN"):
        play.link.lose()


# --- commands without an answer ------------------------------------------------------------------


def test_questions_are_given_up_and_commands_that_change_something_held() -> None:
    play = Play(request_timeout=3.0)
    play.says("question", hold=False)
    play.says("held")
    play.steps(3.1)
    assert (play.wire.told, play.link.counts.given_up) == ([None], 1)
    play.steps(HOLD_S)
    assert (play.wire.told, play.link.counts.given_up) == ([None, None], 2)


def test_without_room_a_command_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "PENDING_COMMANDS", 1)
    play = Play()
    play.says("one")
    play.says("two")
    assert (play.wire.told, play.wire.turned_away) == ([None], 1)
    assert play.link.counts.turned_away == 1


def test_a_closed_link_gives_up_everything() -> None:
    play = Play()
    play.says("one")
    play.link.close()
    assert play.wire.told == [None]


# --- the end -------------------------------------------------------------------------------------


def test_a_link_has_left_when_its_bye_is_answered() -> None:
    play = Play()
    play.comes_up()
    play.link.leave()
    assert isinstance(play.wire.sent[-1], m.Bye)
    assert (play.link.state, play.link.up) == (LinkState.LEAVING, True)
    play.answers()
    assert play.link.state is LinkState.LEFT
    play.link.lose()
    assert play.wire.told[-1] == "down"
