"""Binary events: gateway/protocol/attachments.py, and what the edge makes of them."""

import base64
import json
from typing import Any

import pytest

from common.errors import Refused
from gateway.protocol.attachments import KEPT, Attachments, BinaryArgs, Unread
from gateway.protocol.packets import Ack, EventPacket, Malformed, TooLong
from gateway.protocol.parsing import parse_request
from tests.support.edge import bare, poll, polling, post, running


def hole(number: Any) -> dict[str, Any]:
    return {"_placeholder": True, "num": number}


def said(count: int, **more: Any) -> str:
    return json.dumps(["echo", *map(hole, range(count)), more])


def test_attachments_take_their_places() -> None:
    args = [{"a": [hole(1)], "b": hole(0), "c": {"_placeholder": 1, "num": 9}}, hole(1)]
    parts = Attachments(EventPacket("x", args, "7", 2), 100)
    assert parts.add(b"zero") is None
    whole = parts.add(b"one")
    told = [{"a": [b"one"], "b": b"zero", "c": {"_placeholder": 1, "num": 9}}, b"one"]
    assert whole == EventPacket("x", BinaryArgs(told), "7")


@pytest.mark.parametrize("number", [2, -1, "0", None, True, 0.0, [0]])
def test_a_placeholder_for_nothing_is_malformed(number: Any) -> None:
    with pytest.raises(Malformed):
        Attachments(EventPacket("x", [[hole(number)]], "", 2), 100)


@pytest.mark.parametrize("parts", [[b"x" * 60, b"x" * 41], [None, b"x"], [b"x"] * (KEPT + 1)])
def test_attachments_that_are_too_much_are_awaited_but_not_kept(parts: list[bytes | None]) -> None:
    event = Attachments(EventPacket("x", [hole(0)], "7", len(parts)), 100)
    assert [event.add(part) for part in parts] == [None] * (len(parts) - 1) + [Unread("7")]


@pytest.mark.parametrize("packet", [TooLong("7", 2), Ack(2)])
def test_packets_that_are_not_parsed_have_attachments_too(packet: TooLong | Ack) -> None:
    event = Attachments(packet, 100)
    assert [event.add(b"x"), event.add(b"x")] == [None, packet]


@pytest.mark.parametrize("event", ["chat", "join", "typing", "rooms", "history", "leave"])
def test_no_event_of_ours_takes_anything_binary(event: str) -> None:
    for args in ([b"x"], [{"room": "tea", "message": "x", "more": b"x"}], ["ann", b"x"], []):
        with pytest.raises(Refused, match="binary") as refused:
            parse_request(event, BinaryArgs(args), plain=False)
        assert refused.value.code == "bad_request"


async def test_by_websocket_they_come_in_order_with_other_packets_between_events() -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        await browser.say(f"4515{said(1)}".replace("4515", "451-5"))
        await browser.say("3")  # a pong may come at any time
        await browser.ws.send_bytes(b"\x01")
        await edge.chat.until_told("requested", "echo", b"\x01", {})
        await browser.say(f"4511-7{said(11)}")
        for _ in range(11):
            await browser.ws.send_bytes(b"\x01")
        while not (heard := await browser.hear() or "").startswith("437"):
            pass
        assert '"code":"bad_request"' in heard
        await browser.say(f"451-{said(1)}")
        await browser.ws.send_bytes(b"\x01" * 200_000)
        assert '42["refused",{"code":"bad_request"' in (await browser.hear() or "")
        await browser.say(f"461-{said(1)}")
        await browser.ws.send_bytes(b"\x01")
        await browser.say('428["echo"]')
        assert await browser.hear() == '438[{"ok":true,"said":[]}]'


async def test_by_polling_they_are_base64() -> None:
    async with running() as edge, polling(edge) as (http, url):
        body = f"451-5{said(1)}\x1eb{base64.b64encode(b'abc').decode()}"
        assert await post(http, url, body) == 200
        await edge.chat.until_told("requested", "echo", b"abc", {})
        assert await post(http, url, f"451-6{said(1)}") == 200
        assert await post(http, url, "b" + "A" * 400_000) == 200
        while '436[{"ok":false' not in await poll(http, url):
            pass
        assert edge.connections


@pytest.mark.parametrize(
    "bad",
    [
        [b"\x01"],
        [f"451-{said(1)}", '42["echo"]'],
        [f"451-{said(1)}", "3", "41"],
        [f"451-{said(1)}", b"\x01", b"\x01"],
        [f"451-{said(2)}"],
        [f"451-{said(1)}", "b!"],
        ["451-", b"\x01"],
    ],
)
async def test_a_malformed_one_closes_its_connection(bad: list[str | bytes]) -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        for packet in bad:
            if isinstance(packet, str):
                await browser.say(packet)
            else:
                await browser.ws.send_bytes(packet)
        await browser.until_closed()
        await edge.chat.until_told("gone", False)
        assert edge.counts.refused_frames.value == 1
