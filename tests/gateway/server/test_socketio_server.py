"""The engine, by real sockets: what browsers send, what hostile ones try.

This is gateway/server/socketio_server.py with what it stands on: gateway/transport/connection.py,
gateway/transport/heartbeat.py (silence), gateway/transport/polling.py,
gateway/transport/upgrade.py, gateway/transport/websocket.py, and gateway/transport/engine_port.py
between them.
"""

import asyncio
import json

import aiohttp
import pytest
import socketio

from gateway.protocol.frames import Frame
from tests.support.edge import bare, poll, polling, post, running


async def test_connect_is_answered_then_the_chat_is_told() -> None:
    async with running() as edge, bare(edge) as browser:
        opened = json.loads((await browser.hear() or "")[1:])
        assert opened["pingInterval"] == 25000
        assert opened["pingTimeout"] == 20000
        assert opened["maxPayload"] >= 64 << 10
        assert opened["upgrades"] == []
        await browser.say('40{"token":"x"}')
        sid = json.loads((await browser.hear() or "")[2:])["sid"]
        assert edge.chat.told == [("connected", {"token": "x"})]
        assert edge.chat.sockets[0].sid == sid
        (connection,) = edge.connections.values()
        assert connection.remote == "127.0.0.1"


async def test_ping_interval_is_announced_in_milliseconds() -> None:
    async with running(ping_interval=0.25) as edge, bare(edge) as browser:
        assert '"pingInterval":250,' in (await browser.hear() or "")


async def test_another_namespace_is_refused_by_an_object() -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.hear()
        await browser.say("40/admin,{}")
        heard = await browser.hear() or ""
        assert heard.startswith("44/admin,")
        assert "message" in json.loads(heard.partition(",")[2])
        await browser.say("40")
        assert (await browser.hear() or "").startswith("40{")


async def test_requests_are_acked_and_errors_without_ack_are_refused_events() -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        await browser.say('420["echo",1,"a"]')
        assert await browser.hear() == '430[{"ok":true,"said":[1,"a"]}]'
        await browser.say('42["echo",2]')
        await browser.say('42["fail"]')
        assert await browser.hear() == '42["refused",{"code":"bad_request","message":"no"}]'
        await browser.say('4212["fail"]')
        assert (await browser.hear() or "").startswith('4312[{"ok":false')


@pytest.mark.parametrize(
    "rubbish",
    [
        "", "x", "9", "2", "5", "4", "4x", "47", '44{"message":"x"}', '42["a"', "42{}", "42[]",
        "42[1]", "42", '42-1["a"]', '451-["a",{"_placeholder":true,"num":1}]', '45["a"]',
        '42/admin,["a"]', '42["a",NaN]', "42" + "[" * 50_000, '42["a",' + "1" * 5000 + "]",
        "40", "40[]", '42٣["a"]', b"\x00\x01", '42' + "1" * 30 + '["a"]',
    ],
)  # fmt: skip
async def test_a_malformed_packet_closes_its_connection_only(rubbish: str | bytes) -> None:
    async with running() as edge, bare(edge) as victim, bare(edge) as hostile:
        await victim.connect()
        await hostile.connect()
        if isinstance(rubbish, bytes):
            await hostile.ws.send_bytes(rubbish)
        else:
            await hostile.say(rubbish)
        await hostile.until_closed()
        await edge.chat.until_told("gone", False)
        assert edge.counts.refused_frames.value == 1
        await victim.say('420["echo"]')
        assert (await victim.hear() or "").startswith("430")


@pytest.mark.parametrize("rubbish", [b"4x", b"\xff\xfe", b"42[", b"", b"4" * 200_000, b"b4abc"])
async def test_a_malformed_post_closes_its_session(rubbish: bytes) -> None:
    async with running() as edge, polling(edge) as (http, url):
        assert await post(http, url, rubbish) == 400
        await edge.chat.until_told("gone", False)
        async with http.get(url) as answer:
            assert answer.status == 400
        assert not edge.connections


async def test_acks_that_nobody_asked_for_are_ignored() -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        await browser.say('43999["x"]')
        await browser.say("6")
        await browser.say('420["echo"]')
        assert (await browser.hear() or "").startswith("430")


async def test_an_event_before_connect_closes() -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.say('42["echo"]')
        await browser.until_closed()
        assert edge.chat.told == []


async def test_a_connection_without_connect_is_closed_in_time() -> None:
    async with running(connect_timeout=0.1) as edge, bare(edge) as browser:
        await browser.until_closed()
        await edge.chat.until(lambda: not edge.connections)
    async with running(connect_timeout=0.1) as edge, polling(edge) as (http, url):
        assert await post(http, url, "41") == 200  # it left: again without a CONNECT
        async with http.get(url) as answer:
            assert answer.status == 400


async def test_a_browser_that_does_not_answer_pings_is_gone() -> None:
    async with running(ping_interval=0.1, ping_timeout=0.2) as edge, bare(edge) as browser:
        await browser.connect()
        for _ in range(3):
            assert (await browser.ws.receive_str()) == "2"
            await browser.say("3")
        assert edge.chat.told == [("connected", None)]
        assert (await browser.ws.receive_str()) == "2"
        message = await browser.ws.receive()
        assert message.type is not aiohttp.WSMsgType.TEXT
        await edge.chat.until_told("gone", False)


async def test_a_polling_browser_that_went_away_is_gone() -> None:
    async with running(ping_interval=0.1, ping_timeout=0.1) as edge, polling(edge) as (http, url):
        assert await poll(http, url) == "2"
        await edge.chat.until_told("gone", False)
        await edge.chat.until(lambda: not edge.connections)


async def test_large_messages_pass_and_too_large_ones_close() -> None:
    async with running() as edge, bare(edge) as browser, bare(edge) as other:
        await browser.connect()
        await other.connect()
        escaped = "\\ud83d\\ude00" * 4000
        await browser.say(f'420["echo","{escaped}"]')
        assert await browser.hear() == '430[{"ok":true,"said":["' + "😀" * 4000 + '"]}]'
        await browser.say('420["echo","' + "x" * 3_000_000 + '"]')
        await browser.until_closed()
        await other.say('420["echo"]')
        assert (await other.hear() or "").startswith("430")


async def test_disconnect_is_leaving_and_a_lost_connection_is_not() -> None:
    async with running() as edge:
        async with bare(edge) as browser:
            await browser.connect()
            await browser.say("41")
            await edge.chat.until_told("gone", True)
            await browser.say("40")  # it may come back on the same connection
            assert (await browser.hear() or "").startswith("40{")
        await edge.chat.until_told("gone", False)
        assert [t[0] for t in edge.chat.told] == ["connected", "gone", "connected", "gone"]
        await edge.chat.until(lambda: not edge.connections)


async def test_a_browser_closed_for_good_is_told_why_and_stays_away() -> None:
    async with running() as edge:
        client = socketio.AsyncClient(reconnection_delay=0.01)
        refused: asyncio.Queue[object] = asyncio.Queue()
        gone = asyncio.Event()
        client.on("refused", refused.put)
        client.on("disconnect", lambda reason: gone.set())
        await client.connect(edge.url, transports=["websocket"])
        await edge.chat.until(lambda: edge.chat.sockets)
        edge.chat.sockets[0].close(Frame.event("refused", {"code": "banned"}))
        assert await asyncio.wait_for(refused.get(), 5) == {"code": "banned"}
        await asyncio.wait_for(gone.wait(), 5)
        await edge.chat.until_told("gone", True)
        await edge.chat.until(lambda: not edge.connections)
        assert not client.connected
        await client.disconnect()
        assert len(edge.chat.sockets) == 1


async def test_a_polling_browser_is_closed_for_good_too() -> None:
    async with running() as edge, polling(edge) as (http, url):
        edge.chat.sockets[0].close(Frame.event("refused", 1))
        assert await poll(http, url) == '42["refused",1]\x1e41\x1e1'
        async with http.get(url) as answer:
            assert answer.status == 400


async def test_cut_off_a_stock_client_comes_back() -> None:
    async with running() as edge:
        client = socketio.AsyncClient(reconnection_delay=0.01)
        await client.connect(edge.url, transports=["websocket"])
        await edge.chat.until(lambda: edge.chat.sockets)
        edge.chat.sockets[0].cut_off()
        assert edge.chat.sockets[0].closed
        await edge.chat.until(lambda: len(edge.chat.sockets) == 2)
        assert ("gone", False) in edge.chat.told
        await client.disconnect()


async def test_a_fault_of_ours_costs_one_connection() -> None:
    async with running() as edge, bare(edge) as browser, bare(edge) as other:
        await browser.connect()
        await other.connect()
        await browser.say('42["bug"]')
        await browser.until_closed()
        await other.say('420["echo"]')
        assert (await other.hear() or "").startswith("430")


async def test_two_polls_at_once_end_the_session() -> None:
    async with running() as edge, polling(edge) as (http, url):
        first = asyncio.ensure_future(http.get(url))  # noqa: TID251
        await edge.chat.until(
            lambda: any(c._polling and c._polling.polled for c in edge.connections.values())
        )
        async with http.get(url) as second:
            assert second.status == 400
        assert (await first).status == 400


async def test_http_that_is_no_session_is_refused_plainly() -> None:
    async with running() as edge, aiohttp.ClientSession() as http:
        for query, status in (
            ("EIO=4&transport=polling&sid=nobody", 400),
            ("EIO=3&transport=polling", 400),
            ("EIO=4&transport=carrier", 400),
            ("EIO=4&transport=websocket", 400),
            ("EIO=4&transport=polling&j=0", 400),
        ):
            async with http.get(f"{edge.url}/socket.io/?{query}") as answer:
                assert answer.status == status, query
            async with http.post(f"{edge.url}/socket.io/?{query}", data="x") as answer:
                assert answer.status == status, query
        headers = {"Upgrade": "websocket", "Connection": "Upgrade"}  # and no key
        url = f"{edge.path}&transport=websocket"
        async with http.get(url, headers=headers) as answer:
            assert answer.status == 400
        await edge.chat.until(lambda: not edge.connections)


async def test_origins() -> None:
    mine, other = "http://page.example", "http://evil.example"

    async def status(edge_url: str, origin: str, **headers: str) -> tuple[int, str | None]:
        async with aiohttp.ClientSession() as http:
            url = f"{edge_url}/socket.io/?EIO=4&transport=polling"
            async with http.get(url, headers={"Origin": origin, **headers}) as answer:
                allowed = answer.headers.get("Access-Control-Allow-Origin")
                if allowed:
                    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
                return answer.status, allowed

    async with running() as edge:
        assert await status(edge.url, edge.url) == (200, edge.url)
        assert await status(edge.url, other) == (400, None)
        assert await status(edge.url, mine, **{"X-Forwarded-Host": "page.example"}) == (400, None)
        assert await status(edge.url, mine, Host="page.example") == (200, mine)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with bare(edge, headers={"Origin": other}):
                pass
    async with running(origins=mine) as edge:
        assert await status(edge.url, mine) == (200, mine)
        assert await status(edge.url, other) == (400, None)
        assert await status(edge.url, edge.url) == (200, edge.url)
    async with running(origins="*") as edge:
        assert await status(edge.url, other) == (200, other)


async def test_no_compression() -> None:
    async with running() as edge, bare(edge, compress=15) as browser:
        assert browser.ws.compress == 0


async def test_a_poll_is_answered_with_16_packets_at_most_down_to_the_last() -> None:
    async with running() as edge, polling(edge) as (http, url):
        events = [Frame.event("chat", n) for n in range(40)]
        for event in events:
            edge.chat.sockets[0].send(event)
        edge.chat.sockets[0].close()
        heard: list[str] = []
        while heard[-1:] != ["1"]:
            packets = (await poll(http, url)).split("\x1e")
            assert len(packets) <= 16
            heard += packets
        assert heard == [*(event.packet for event in events), "41", "1"]
