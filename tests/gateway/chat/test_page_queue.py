"""gateway/chat/page_queue.py: few pages are requested at a time, each person in turn."""

from common import messages as m
from common.settings import Settings
from gateway.chat.page_queue import CHECK_S, PAGES_IN_FLIGHT, UNSENT_BYTES
from tests.support.events import messages
from tests.support.gateway_rig import Browser, Rig


def asks(browser: Browser, before: int) -> None:
    browser.asks("history", {"room": "tea", "before": before})


def asked(rig: Rig) -> list[tuple[str, int]]:
    return [(command.sid, command.before) for command in rig.broker.of(m.GetHistory)]


def answer(rig: Rig) -> None:
    page = m.Paged(term=1, no=0, room="tea", epoch=rig.epoch, head=9, events=[], more=False)
    rig.broker.answer(m.GetHistory, lambda no: page)


def test_a_person_gets_one_page_at_a_time_and_a_gateway_few() -> None:
    rig = Rig()
    people = [rig.seated(name) for name in ("ann", "bob", "cid")]
    sids = [browser.socket.sid for browser in people]
    for browser in people:
        asks(browser, 5)
    assert asked(rig) == [(sid, 5) for sid in sids[:PAGES_IN_FLIGHT]]
    asks(people[0], 4)
    answer(rig)
    assert asked(rig) == [(sids[1], 5), (sids[2], 5)]
    answer(rig)
    assert asked(rig) == [(sids[2], 5), (sids[0], 4)]
    for _ in range(2):
        answer(rig)
    assert (len(rig.chat.dispatcher.pages), rig.chat.dispatcher.pages.in_flight) == (0, 0)
    assert [len(browser.acks) for browser in people] == [3, 2, 2]


def test_while_its_page_waits_a_socket_is_read_no_further() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    asks(ann, 5)
    assert ann.socket.ready
    asks(ann, 4)
    assert not ann.socket.ready
    answer(rig)
    assert ann.socket.ready


def test_the_waiting_page_of_a_socket_that_is_gone_is_not_requested() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    for browser in (ann, bob):
        asks(browser, 5)
        asks(browser, 4)
    rig.chat.gone(ann.socket, left=False)
    for _ in range(3):
        answer(rig)
    assert asked(rig) == []
    assert rig.chat.dispatcher.pages.in_flight == 0


def test_nor_is_a_page_that_was_queued_before_the_join_was_answered() -> None:
    rig = Rig()
    for name in ("ann", "bob"):
        asks(rig.seated(name), 5)
    cid = rig.browser()
    cid.asks("join", {"user": "cid", "room": "tea"})
    asks(cid, 5)
    rig.let_in("cid")
    rig.chat.gone(cid.socket, left=False)
    assert len(rig.chat.dispatcher.pages) == 0


def test_without_a_broker_nobody_waits_for_others() -> None:
    rig = Rig()
    people = [rig.seated(name) for name in ("ann", "bob", "cid")]
    for browser in people:
        asks(browser, 5)
    assert len(asked(rig)) == PAGES_IN_FLIGHT
    rig.broker.up = False
    rig.pass_time(CHECK_S)
    asks(people[0], 4)
    asks(people[0], 3)
    assert len(asked(rig)) == PAGES_IN_FLIGHT, "the new broker gets no flood of them"
    assert all(browser.socket.ready for browser in people)
    assert not people[2].acks[1:]
    for _ in range(2):
        rig.pass_time(Settings().request_timeout)
    assert [browser.acks[-1]["error"]["code"] for browser in (people[0], people[2])] == [
        "unavailable",
        "unavailable",
    ]
    assert len(rig.chat.dispatcher.pages) == 0


def test_pages_asked_for_without_a_broker_are_requested_in_turn_once_it_is_back() -> None:
    rig = Rig()
    rig.broker.up = False
    people = [rig.seated(name) for name in ("ann", "bob", "cid")]
    for browser in people:
        for before in (5, 4):
            asks(browser, before)
    assert asked(rig) == []
    rig.broker.up = True
    rig.pass_time(CHECK_S)
    assert len(asked(rig)) == PAGES_IN_FLIGHT
    for _ in range(6):
        answer(rig)
    assert (len(rig.chat.dispatcher.pages), rig.chat.dispatcher.pages.in_flight) == (0, 0)


def test_a_socket_with_several_pages_is_read_no_further_until_the_last_is_requested() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    rig.broker.up = False
    asks(ann, 5)
    asks(ann, 4)
    rig.broker.up = True
    asks(ann, 3)
    for _ in range(2):
        assert not ann.socket.ready
        answer(rig)
    assert ann.socket.ready
    assert asked(rig) == [(ann.socket.sid, 3)]


def test_a_socket_whose_page_waits_is_read_on_once_there_is_no_broker() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    asks(ann, 5)
    asks(ann, 4)
    assert not ann.socket.ready
    rig.broker.up = False
    rig.pass_time(CHECK_S)
    assert ann.socket.ready


def test_a_socket_that_has_not_read_its_last_page_waits() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    rig.happens(*[m.Event(2, "message", "bob", 1.0, "x" * (UNSENT_BYTES + 1), "u-bob")])
    asks(ann, 1)
    assert asked(rig) == []
    ann.hears()
    rig.pass_time(CHECK_S)
    assert asked(rig) == [(ann.socket.sid, 1)]
    assert len(messages(1, 2)) == 2
