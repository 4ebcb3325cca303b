"""gateway/chat/page_queue.py: few pages are requested at a time, each person in turn."""

import pytest

from common import messages as m
from common.settings import Settings
from gateway.chat.page_queue import CHECK_S, PAGES_IN_FLIGHT, UNSENT_BYTES
from tests.support.gateway_playbook import (
    Gateway,
    Step,
    acked,
    answers,
    asks,
    happens,
    has_seen_all,
    is_in,
    joins,
    lets_in,
    loses_link,
    play,
    refused,
    seconds,
    steps,
)
from tests.support.gateway_rig import EPOCH


@pytest.fixture
def gateway() -> Gateway:
    """Ann, Bob and Cid are in "tea"."""
    gateway = Gateway()
    play(gateway, is_in("ann"), is_in("bob"), is_in("cid"))
    return gateway


def asks_pages(person: str, *before: int) -> Step:
    """Asks for these pages of history, one after the other."""
    return steps(*(asks(person, "history", room="tea", before=seq) for seq in before))


def page_comes() -> Step:
    """The broker answers the page that was requested first."""
    return answers(
        m.GetHistory, m.Paged, room="tea", epoch=EPOCH, head=9, events=[], more=False
    )  # fmt: skip


def requested(*pages: tuple[str, int]) -> Step:
    """Exactly these pages are under way: whose, and `before`."""

    def run(gateway: Gateway) -> None:
        names = {browser.socket.sid: name for name, browser in gateway.people.items()}
        found = [(names[page.sid], page.before) for page in gateway.broker.of(m.GetHistory)]
        assert found == [*pages], f"there are {found}"

    return Step(f"{pages} are requested", run)


def waiting(count: int) -> Step:
    """So many pages wait for their turn."""

    def run(gateway: Gateway) -> None:
        assert len(gateway.chat.dispatcher.pages) == count

    return Step(f"{count} pages wait", run)


def under_way(count: int) -> Step:
    def run(gateway: Gateway) -> None:
        assert gateway.chat.dispatcher.pages.in_flight == count

    return Step(f"{count} pages are under way", run)


def read_on(person: str, is_it: bool = True) -> Step:
    """Whether the person's next request is read before its page has come."""

    def run(gateway: Gateway) -> None:
        assert gateway.person(person).socket.ready == is_it

    return Step(f"{person} is {'' if is_it else 'not '}read on", run)


def drops(person: str) -> Step:
    """The person's connection is lost."""
    return Step(
        f"{person} drops",
        lambda gateway: gateway.chat.gone(gateway.person(person).socket, left=False),
    )


def broker_is_there() -> Step:
    """The broker is back; the queue has not looked yet."""

    def run(gateway: Gateway) -> None:
        gateway.broker.up = True

    return Step("the broker is back", run)


def test_a_person_gets_one_page_at_a_time_and_a_gateway_few(gateway: Gateway) -> None:
    assert PAGES_IN_FLIGHT == 2
    play(
        gateway,
        asks_pages("ann", 5),
        asks_pages("bob", 5),
        asks_pages("cid", 5),
        requested(("ann", 5), ("bob", 5)),
        asks_pages("ann", 4),
        page_comes(),
        requested(("bob", 5), ("cid", 5)),
        page_comes(),
        requested(("cid", 5), ("ann", 4)),
        page_comes(),
        page_comes(),
        waiting(0),
        under_way(0),
        acked("ann", ok=True),
        acked("ann", ok=True),
        acked("bob", ok=True),
        acked("cid", ok=True),
    )
    assert not any(browser.acks for browser in gateway.people.values())


def test_while_its_page_waits_a_socket_is_read_no_further(gateway: Gateway) -> None:
    play(
        gateway,
        asks_pages("ann", 5),
        read_on("ann"),
        asks_pages("ann", 4),
        read_on("ann", False),
        page_comes(),
        read_on("ann"),
    )


def test_the_waiting_page_of_a_socket_that_is_gone_is_not_requested(gateway: Gateway) -> None:
    play(
        gateway,
        asks_pages("ann", 5, 4),
        asks_pages("bob", 5, 4),
        drops("ann"),
        page_comes(),
        page_comes(),
        requested(("bob", 4)),
        page_comes(),
        requested(),
        under_way(0),
    )


def test_nor_is_a_page_that_was_queued_before_the_join_was_answered(gateway: Gateway) -> None:
    play(
        gateway,
        asks_pages("ann", 5),
        asks_pages("bob", 5),
        joins("dan"),
        asks_pages("dan", 5),
        waiting(1),
        lets_in("dan"),
        drops("dan"),
        waiting(0),
    )


def test_without_a_broker_nobody_waits_for_others(gateway: Gateway) -> None:
    timeout_s = Settings().request_timeout
    play(
        gateway,
        asks_pages("ann", 5),
        asks_pages("bob", 5),
        asks_pages("cid", 5),
        loses_link(),
        seconds(CHECK_S),
        asks_pages("ann", 4, 3),
        requested(("ann", 5), ("bob", 5)),  # the new broker gets no flood of them
        *(read_on(person) for person in ("ann", "bob", "cid")),
    )
    assert not gateway.person("cid").acks
    play(
        gateway,
        seconds(timeout_s),
        seconds(timeout_s),
        refused("ann", "unavailable"),
        refused("ann", "unavailable"),
        refused("cid", "unavailable"),
        waiting(0),
    )


def test_pages_asked_for_without_a_broker_are_requested_in_turn_once_it_is_back(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        loses_link(),
        *(asks_pages(person, 5, 4) for person in ("ann", "bob", "cid")),
        requested(),
        broker_is_there(),
        seconds(CHECK_S),
        requested(("ann", 5), ("bob", 5)),
        *[page_comes()] * 6,
        waiting(0),
        under_way(0),
    )


def test_a_socket_with_several_pages_is_read_no_further_until_the_last_is_requested(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        loses_link(),
        asks_pages("ann", 5, 4),
        broker_is_there(),
        asks_pages("ann", 3),
        read_on("ann", False),
        page_comes(),
        read_on("ann", False),
        page_comes(),
        read_on("ann"),
        requested(("ann", 3)),
    )


def test_a_socket_whose_page_waits_is_read_on_once_there_is_no_broker(gateway: Gateway) -> None:
    play(
        gateway,
        asks_pages("ann", 5, 4),
        read_on("ann", False),
        loses_link(),
        seconds(CHECK_S),
        read_on("ann"),
    )


def test_a_socket_that_has_not_read_its_last_page_waits(gateway: Gateway) -> None:
    long = m.Event(2, "message", "bob", 1.0, "x" * (UNSENT_BYTES + 1), "u-bob")
    play(
        gateway,
        happens(long),
        asks_pages("ann", 1),
        requested(),
        has_seen_all("ann"),
        seconds(CHECK_S),
        requested(("ann", 1)),
    )
