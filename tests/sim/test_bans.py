"""A banned person hears no more, even if the broadcast of the ban was lost."""

from random import Random

import pytest

from tests.sim.network import FAIR, Weather
from tests.sim.page import Page, Room
from tests.sim.plain import PlainPage
from tests.sim.town import Town


@pytest.fixture(params=range(10))
def town(request: pytest.FixtureRequest) -> Town:
    return Town(Random(request.param))


def settle(town: Town, *pages: Page | PlainPage) -> None:
    for _ in range(30):
        town.time.run(town.time.now + 0.5)
        for page in pages:
            page.ping()


def seated(town: Town) -> tuple[Page, PlainPage]:
    page = Page(town, "ann", "token-of-somebody-called-ann", in_auth=True)
    page.rooms["lobby"] = Room()
    plain = PlainPage(town, "pat")
    for one in (page, plain):
        one.connect()
    settle(town, page, plain)
    assert page.settled
    assert plain.settled
    return page, plain


def ban(town: Town, *pages: Page | PlainPage) -> None:
    for page in pages:
        town.bans.ban(page.uid, town.disk)


@pytest.mark.parametrize("lost_s", [0.1, 1.5, 2.5, 6.0])
def test_a_ban_holds_though_no_broadcast_comes_through(town: Town, lost_s: float) -> None:
    pages = seated(town)
    town.network.weather = Weather(drop=1.0)
    ban(town, *pages)
    town.time.run(town.time.now + lost_s)
    town.network.weather = FAIR
    settle(town, *pages)
    assert [page.gone for page in pages] == [True, True]
    assert len(town.bans.now) == 2


def test_a_ban_holds_though_the_gateway_is_away(town: Town) -> None:
    pages = seated(town)
    for gateway in town.gateways:
        line = gateway.connector.line
        assert line is not None
        town.network.cut(line, told=True)
    ban(town, *pages)
    settle(town, *pages)
    assert [page.gone for page in pages] == [True, True]


def test_a_ban_holds_though_the_gateway_is_given_up(town: Town) -> None:
    """The broker then has no session of the banned people that could be kicked."""
    pages = seated(town)
    for gateway in town.gateways:
        gateway.paused = True
    town.time.run(town.time.now + 15.0)
    ban(town, *pages)
    town.time.run(town.time.now + 1.0)
    for gateway in town.gateways:
        gateway.resume()
    settle(town)
    assert [page.gone for page in pages] == [True, True]
