"""broker.handlers.presence_updates: a page of names and the changes after it add up, and no
request waits long."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.effects import Publish, Send
from broker.handlers.presence_updates import WAITING
from common.messages import Done, GetNames, GetParticipants, Join, Leave, Listed, Presence
from tests.support.broker_playbook import (
    Chat,
    Step,
    answered,
    asks,
    closes,
    hello,
    joined,
    joins,
    key_of,
    leaves,
    nothing_else,
    play,
    presence,
    refused,
    restart,
    returns,
    seconds,
    told,
)
from tests.support.mirror import read_page
from tests.support.roster import Roster


@pytest.fixture
def chat() -> Chat:
    """Ann is in the lobby by the gateway g1, Bob by g2."""
    chat = Chat()
    play(chat, hello("g1"), hello("g2"), joins("ann"), joins("bob", gateway="g2"), seconds(5))
    return chat


def looks(sid: str, gateway: str = "g1", **page: object) -> Step:
    return asks(GetParticipants(no=0, sid=sid, room="lobby", **page), gateway)  # type: ignore[arg-type]


def listed(*users: str, **fields: object) -> Step:
    return answered(Listed, users=list(users), **fields)


def version(chat: Chat) -> int:
    """The version of the names that an answer has now."""
    answer = chat.answer(GetParticipants(no=0, sid="ann", room="lobby"))
    told: int = answer.version
    return told


def test_names_that_have_not_changed_lately_are_answered_at_once(chat: Chat) -> None:
    was = version(chat)
    play(chat, looks("ann"), listed("ann", "bob", version=was, count=2), nothing_else())


def test_pending_changes_are_published_with_the_names(chat: Chat) -> None:
    was = version(chat)
    play(chat, joins("cid"), told("lobby", "join", "cid"), joined("cid"), nothing_else())
    play(chat, looks("cid"), presence(joined=["cid"], since=was, version=was + 1, count=3))
    play(chat, listed("ann", "bob", "cid", version=was + 1, count=3), nothing_else(), seconds(1))
    play(chat, nothing_else())


def test_a_repeated_request_waits_until_the_next_change_may_be_published(chat: Chat) -> None:
    was = version(chat)
    play(chat, joins("cid"), looks("cid"), joins("dan"), looks("dan"), nothing_else())
    play(chat, looks("bob", gateway="g2"), nothing_else(), seconds(0.2), nothing_else())
    chat.seen.clear()
    play(chat, seconds(0.1), presence(joined=["dan"], since=was + 1, version=was + 2, count=4))
    page = listed("ann", "bob", "cid", "dan", version=was + 2, count=4)
    play(chat, page, page, nothing_else(), seconds(1), nothing_else())


def test_a_request_that_waited_gets_the_page_that_it_asked_for(chat: Chat) -> None:
    play(chat, joins("cid"), looks("cid"), joins("dan"))
    play(chat, looks("dan", after="ann", prefix="b"), looks("dan", limit=2), nothing_else())
    play(chat, seconds(0.3), presence(joined=["dan"], count=4))
    play(chat, listed("bob", more=False, count=4), listed("ann", "bob", more=True, count=4))
    play(chat, nothing_else())


def test_a_request_that_waits_is_answered_though_all_pending_changes_cancel_out(chat: Chat) -> None:
    play(chat, joins("cid"), looks("cid"), joins("dan"), looks("bob", gateway="g2"), leaves("dan"))
    play(chat, answered(Done), told("lobby", "leave", "dan"), seconds(0.3))
    play(chat, listed("ann", "bob", "cid"), nothing_else())


def test_a_request_that_waits_is_answered_though_its_socket_leaves(chat: Chat) -> None:
    play(chat, joins("cid"), looks("cid"), joins("dan"), looks("dan"), closes("cid"), closes("dan"))
    play(chat, seconds(0.3), presence(left=["cid"], count=2), listed("ann", "bob"), nothing_else())


def test_a_request_that_waits_is_answered_when_the_room_becomes_a_crowd() -> None:
    chat = Chat(crowd=3)
    play(chat, hello(), joins("ann"), looks("ann"), joins("bob"), looks("bob"), joins("cid"))
    play(chat, joins("dan"), joined("dan"), nothing_else(), seconds(0.3))
    play(chat, listed("ann", "bob", "cid", "dan", crowd=True), presence(count=4), nothing_else())
    play(chat, joins("eve"), looks("eve"), listed("ann", "bob", "cid", "dan", "eve"))
    play(chat, nothing_else())


def test_presence_is_published_to_clients_with_an_outdated_plain_list(chat: Chat) -> None:
    play(chat, joins("cid"), asks(GetNames(no=0, room="lobby")))
    play(chat, listed("ann", "bob", "cid", version=0), nothing_else(), closes("cid"))
    play(chat, seconds(0.3), presence(count=2), nothing_else())


def test_the_number_of_requests_that_wait_is_limited(chat: Chat) -> None:
    play(chat, joins("cid"), looks("cid"), joins("dan"))
    for _ in range(WAITING):
        chat.do(GetParticipants(no=0, sid="ann", room="lobby"))
    play(chat, looks("ann"), refused("rate_limited"), seconds(0.3))
    assert sum(isinstance(one, Send) for one in chat.seen) == WAITING
    play(chat, looks("ann"), listed("ann", "bob", "cid", "dan"), nothing_else())


def test_while_presence_is_paused_no_request_waits_and_all_ask_again(chat: Chat) -> None:
    """The gateway g2 does not come back for a while after a restart."""
    play(chat, restart(), returns("g1", ann=["lobby"]))
    first = version(chat)
    play(chat, joins("cid"), looks("ann"), listed("ann", "bob", "cid", version=first + 1))
    play(chat, looks("ann"), listed("ann", "bob", "cid", version=first + 1), nothing_else())
    play(chat, joins("dan"), closes("cid"), looks("ann"))
    play(chat, listed("ann", "bob", "dan", version=first + 2), nothing_else())
    play(chat, joins("eve"), seconds(14), nothing_else(), seconds(1.4))
    play(chat, presence(since=first + 2, joined=["eve"], count=4), nothing_else())


def test_a_broker_that_stops_answers_requests_that_wait(chat: Chat) -> None:
    play(chat, joins("cid"), looks("cid"), joins("dan"), looks("dan"), nothing_else())
    (last,) = chat.core.stop(chat.now, chat.wall)
    assert isinstance(last, Send)
    assert isinstance(last.answer, Listed)
    assert last.answer.users == ["ann", "bob", "cid", "dan"]


STEPS = ["p1", "p2", "p3", "p4", "look", "look on", "wait", "wait", "rest", "restart"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_a_client_that_applies_all_changes_knows_the_names(steps: list[str]) -> None:
    """People enter and leave, so that the room becomes a crowd now and then. Clients read the names
    in one page, or in small pages with all else between. For each of them the pages and changes add
    up."""
    chat = Chat(crowd=3)
    play(chat, hello(), hello("g2"), joins("eye"), joins("far", gateway="g2"))
    follow = Follow(chat)
    here = set[str]()
    for step in steps:
        match step:
            case "look":
                follow.look()
            case "look on":
                follow.look_on()
            case "wait":
                chat.wait(0.1)
            case "rest":
                chat.wait(7.0)
            case "restart":
                chat.open()
                follow.forget()
                play(chat, returns("g1", eye=["lobby"], **{name: ["lobby"] for name in here}))
            case _ if step in here:
                here.remove(step)
                chat.do(Leave(no=0, sid=step, room="lobby"))
            case _:
                here.add(step)
                chat.do(Join(no=0, sid=step, key=key_of(step), room="lobby", user=step))
        follow.take()
    chat.wait(60.0)  # the pause of presence ends, and far has left unless they have come back
    follow.take()
    follow.compare()


class Follow:
    """Clients that get what is published of the lobby."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.forget()

    def forget(self) -> None:
        """The link is new: no client knows the names."""
        self.rosters: list[Roster] = []
        self.slow = Roster()
        self.asked: dict[int, tuple[Roster, str]] = {}
        self.chat.seen.clear()

    def look(self) -> None:
        self.rosters.append(Roster())
        self._ask(self.rosters[-1], "", 100)

    def look_on(self) -> None:
        if not any(roster is self.slow for roster, _ in self.asked.values()):
            self._ask(self.slow, self.slow.after, 1)

    def _ask(self, roster: Roster, after: str, limit: int) -> None:
        asks = GetParticipants(no=0, sid="eye", room="lobby", after=after, limit=limit)
        self.asked[self.chat.no + 1] = (roster, after)
        self.chat.do(asks)

    def take(self) -> None:
        """Applies everything that was published since the last call."""
        for seen in self.chat.seen:
            match seen:
                case Send(answer=Listed() as page):
                    roster, after = self.asked.pop(page.no)
                    read_page(roster, page, after)
                case Publish(message=Presence() as change):
                    for roster in [*self.rosters, self.slow]:
                        roster.changed(change)
                case _:
                    pass
        self.chat.seen.clear()

    def compare(self) -> None:
        assert not self.asked, "somebody waits"
        answer = self.chat.answer(GetNames(no=0, room="lobby"))
        here, crowd = set(answer.users), answer.crowd
        for roster in [*self.rosters, self.slow]:
            assert roster.names in (None, here) or (crowd and roster.crowd)
        self.look()
        self.take()
        assert self.rosters[-1].names == here


def test_however_many_requests_come_presence_is_published_four_times_a_second() -> None:
    chat = Chat(crowd_joins=100)
    play(chat, hello())
    times: list[float] = []
    answers = 0
    for person in range(200):
        name = f"p{person}"
        chat.seen.clear()
        chat.do(Join(no=0, sid=name, key=key_of(name), room="tea", user=name))
        chat.do(GetParticipants(no=0, sid=name, room="tea"))
        times += [chat.now for one in chat.seen if is_presence(one)]
        answers += sum(isinstance(one, Send) for one in chat.seen) - 1
        chat.seen.clear()
        chat.wait(0.05)
        times += [chat.now for one in chat.seen if is_presence(one)]
        answers += sum(isinstance(one, Send) for one in chat.seen)
    assert answers >= 195
    assert len(times) >= 30
    assert all(later - now > 0.2499 for now, later in pairwise(times))


def is_presence(seen: object) -> bool:
    return isinstance(seen, Publish) and isinstance(seen.message, Presence)
