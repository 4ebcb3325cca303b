"""A broker that dies between a commit and its answer does nothing twice."""

from collections.abc import Callable
from random import Random

import pytest

from tests.sim.network import Weather
from tests.sim.page import Page, Room
from tests.sim.town import Town


@pytest.fixture(params=range(10))
def town(request: pytest.FixtureRequest) -> Town:
    """A town whose network is slower than its disk."""
    town = Town(Random(request.param))
    town.network.weather = Weather(slow_s=0.02)
    return town


def settle(town: Town, page: Page) -> None:
    """Passes more time than any lease and grace takes."""
    for _ in range(30):
        town.time.run(town.time.now + 0.5)
        page.ping()


def seated(town: Town) -> Page:
    page = Page(town, "ann", "token-of-somebody-called-ann", in_auth=True)
    page.rooms = {"lobby": Room(), "tea": Room()}
    page.connect()
    settle(town, page)
    assert page.settled
    return page


def kinds(town: Town) -> list[str]:
    return [event.kind for event in town.disk.logs.get("lobby", [])]


def crash_once_it_is_on_disk(town: Town, count: int) -> None:
    while len(kinds(town)) < count:
        town.time.run(town.time.now + 0.0001)
    town.broker.crash()
    town.time.after(1.0, town.broker.start)


@pytest.mark.parametrize("leaving", [lambda page: page.leave("lobby"), Page.say_goodbye])
def test_a_leave_is_seen_once(town: Town, leaving: Callable[[Page], None]) -> None:
    page = seated(town)
    leaving(page)
    crash_once_it_is_on_disk(town, 2)
    settle(town, page)
    assert kinds(town) == ["join", "leave"]
    assert not town.problems


@pytest.mark.parametrize("leaving", [lambda page: page.leave("lobby"), Page.say_goodbye])
def test_a_leave_that_did_not_reach_the_disk_is_done(
    town: Town, leaving: Callable[[Page], None]
) -> None:
    page = seated(town)
    leaving(page)
    town.broker.crash()
    town.time.after(1.0, town.broker.start)
    settle(town, page)
    assert kinds(town) == ["join", "leave"]


def test_a_join_is_seen_once(town: Town) -> None:
    page = Page(town, "ann", "token-of-somebody-called-ann", in_auth=False)
    page.rooms = {"lobby": Room()}
    page.connect()
    crash_once_it_is_on_disk(town, 1)
    settle(town, page)
    assert page.settled
    assert kinds(town) == ["join"]
