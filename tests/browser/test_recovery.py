"""Broken connections: nothing is lost, nothing is there twice, and the page says how it stands."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
NO_WEBSOCKETS = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onerror(new Event("error"))); }
  close() {}
};"""
"""As a proxy does that lets none through."""


@pytest.fixture
def cut_off() -> bool:
    return True


async def test_a_message_waits_for_the_gateway_and_is_said_once(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    gateway = hubbub.gateways[0]
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.say("before")
    await ann.sees("before")
    await asyncio.to_thread(gateway.stop)
    await ann.shows_status("Offline")
    await ann.say("meanwhile, one")
    await ann.say("meanwhile, two")
    await expect(ann.page.locator(".waiting .fate")).to_have_text(["waiting", "waiting"])
    await asyncio.to_thread(gateway.start)
    await ann.is_online()
    await expect(ann.page.locator(".waiting")).to_have_count(0)
    await ann.sees("meanwhile, two")
    bob = await visit(hubbub.url, name("bob"), room)
    said = [e["Text"] for e in (await bob.history(room))["events"] if e["EvtType"] == "message"]
    assert said == ["before", "meanwhile, one", "meanwhile, two"]
    assert await ann.seqs() == [1, 2, 3, 4, 5]


async def test_what_was_said_meanwhile_is_there_once_in_order(
    two_gateways: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ours, theirs = two_gateways.gateways
    ann = await open_window(ours.url, name("ann"), f"#{room}")
    bob = await visit(theirs.url, name("bob"), room)
    await asyncio.to_thread(ours.stop)
    await ann.shows_status("Offline")
    for number in range(150):
        await bob.say(room, f"missed {number}")
    await asyncio.to_thread(ours.start)
    await ann.is_online()
    await ann.sees("missed 149")
    assert await ann.seqs() == list(range(1, 153))
    await ann.sees_names(name("ann"), name("bob"))


async def test_the_page_says_that_the_broker_is_away(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.shows_status("Waiting")
    await ann.say("for the broker")
    await asyncio.to_thread(hubbub.broker.start)
    await ann.is_online()
    await ann.sees("for the broker")
    assert await ann.seqs() == [1, 2]


async def test_without_a_network_messages_wait_and_go_when_there_is_one_again(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await visit(hubbub.url, name("bob"), room)
    await ann.page.context.set_offline(True)
    await ann.shows_status("Offline")
    await expect(ann.page.locator("#typing")).to_contain_text("What you write waits here.")
    await ann.say("from the tunnel")
    await bob.say(room, "meanwhile")
    await expect(ann.page.locator(".waiting .fate")).to_have_text("waiting")
    await ann.page.context.set_offline(False)
    await ann.is_online()
    await ann.sees("from the tunnel")
    assert await ann.seqs() == [1, 2, 3, 4]
    await expect(ann.page.locator("[data-seq] .text")).to_have_text(
        ["meanwhile", "from the tunnel"]
    )
    await expect(ann.page.locator("#typing")).to_have_text("")


async def test_where_websockets_are_blocked_polling_does(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=NO_WEBSOCKETS)
    await ann.say("by polling")
    await bob.sees("by polling")
    await bob.say("heard you")
    await ann.sees("heard you")


async def test_a_page_that_was_frozen_for_longer_than_pings_wait_goes_on(
    tmp_path: Path, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    async with System(
        tmp_path, HUBBUB_PING_INTERVAL="1", HUBBUB_PING_TIMEOUT="1", HUBBUB_LEAVE_GRACE="0"
    ) as system:
        bob = await visit(system.url, name("bob"), room)
        ann = await open_window(system.url, name("ann"), f"#{room}")
        chrome = await ann.page.context.new_cdp_session(ann.page)
        await chrome.send("Debugger.enable")
        await chrome.send("Debugger.pause")  # no timer fires, nothing that comes is looked at
        await bob.hears(lambda event: event["EvtType"] == "leave")
        for number in range(60):
            await bob.say(room, f"missed {number}")
        await chrome.send("Debugger.resume")
        await ann.sees("missed 59")
        await ann.sees_names(name("ann"), name("bob"))
        assert await ann.seqs() == list(range(1, 65))


async def test_a_conversation_is_recovered_too(
    two_gateways: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ours, theirs = two_gateways.gateways
    ann = await open_window(ours.url, name("ann"), f"#{room}")
    bob = await open_window(theirs.url, name("bob"), f"#{room}")
    await ann.writes_to(name("bob"))
    await ann.say("one")
    await bob.enters(name("ann"))
    await bob.sees("one")
    await asyncio.to_thread(ours.stop)
    await ann.shows_status("Offline")
    await bob.say("two")
    await bob.sees("two")
    await asyncio.to_thread(ours.start)
    await ann.is_online()
    await ann.sees("two")
    await ann.say("three")
    for window in (ann, bob):
        await window.sees("three")
    assert await ann.seqs() == [1, 2, 3]
