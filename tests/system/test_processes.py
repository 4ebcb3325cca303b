"""The processes: they end in order and tell how they are."""

import asyncio
import re
import signal
import socket
import time

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.system import System


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("first", ["broker", "gateway"])
async def test_processes_end_cleanly_with_people_there(
    tmp_path, visit, visit_plain, name, room, number: signal.Signals, first: str
) -> None:
    system = System(tmp_path)
    try:
        await asyncio.to_thread(system.start)
        ann = await visit(system.url, name("ann"), room)
        await visit(system.url, name("bob"), room, transports=["polling"])
        await visit_plain(system.url, name("pat"))
        asked = [await ann.begin("chat", {"room": room, "message": f"m{n}"}) for n in range(50)]
        order = system.processes if first == "broker" else system.processes[::-1]
        for process in order:
            began = time.monotonic()
            process.signal(number)
            assert await asyncio.to_thread(process.wait_end) == 0, process.log
            assert time.monotonic() - began < 5
            assert "Traceback" not in process.log, process.log
        for answer in asked:
            answer.cancel()
    finally:
        system.kill()


async def test_a_gateway_full_of_people_ends_in_time_though_somebody_does_not_read(
    tmp_path,
) -> None:
    async with System(tmp_path) as system, aiohttp.ClientSession() as http:
        url = f"{system.url}/socket.io/?EIO=4&transport=polling"
        for _ in range(1500):  # people leave one after the other
            async with http.get(url) as opened:
                assert opened.status == 200
        gateway = system.gateways[0]
        with socket.create_connection(("127.0.0.1", int(gateway.http.rpartition(":")[2]))) as stuck:
            ask = b"GET /socket.io/socket.io.js HTTP/1.1\r\nHost: x\r\n\r\n"
            stuck.sendall(ask * 500)
            came = [0, 1]
            while came[-1] != came[-4:][0] or len(came) < 5:  # the kernel takes no more
                await asyncio.sleep(0.1)
                came.append(len(stuck.recv(1 << 25, socket.MSG_PEEK)))
            await asyncio.to_thread(gateway.stop)


async def test_messages_that_were_acked_before_a_stop_are_there_after_it(
    tmp_path, visit, name, room
) -> None:
    async with System(tmp_path) as system:
        ann = await visit(system.url, name("ann"), room)
        asked = [await ann.begin("chat", {"room": room, "message": f"m{n}"}) for n in range(200)]
        await asked[20]
        await asyncio.to_thread(system.broker.restart)
        async with asyncio.timeout(20):
            answers = [await answer for answer in asked]
        acked = {f"m{n}": a["seq"] for n, a in enumerate(answers) if a["ok"]}
        assert len(acked) > 20
        stored: dict[str, int] = {}
        page = await ann.history(room, after=0, limit=100)
        while page["events"]:
            stored |= {e["Text"]: e["Seq"] for e in page["events"] if e["EvtType"] == "message"}
            page = await ann.history(room, after=page["events"][-1]["Seq"], limit=100)
        assert {text: stored.get(text) for text in acked} == acked


def families(text: str) -> dict[str, float]:
    """The sum of all samples of each name."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


async def test_all_processes_tell_how_they_are(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    before = {
        p.name: families((await asyncio.to_thread(p.get, "/metrics"))[1]) for p in hubbub.processes
    }
    for number in range(10):
        await ann.say(room, f"m{number}")
    await ann.hears_text("m9")
    for process in hubbub.processes:
        assert (await asyncio.to_thread(process.get, "/healthz"))[0] == 200
        assert (await asyncio.to_thread(process.get, "/readyz"))[0] == 200
        status, text = await asyncio.to_thread(process.get, "/metrics")
        assert status == 200
        after = families(text)
        grown = [k for k, v in after.items() if v >= before[process.name].get(k, 0) + 10]
        assert grown, f"{process.name} counts nothing: {after}"


async def test_metrics_name_what_was_promised(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.say(room, "hi")
    _, gateway = await asyncio.to_thread(hubbub.gateways[0].get, "/metrics")
    _, broker = await asyncio.to_thread(hubbub.broker.get, "/metrics")
    for process, text, words in (
        ("gateway", gateway, "connection room event|broadcast deliver ack outbox hole"),
        ("broker", broker, "connection room event commit"),
    ):
        for word in words.split():
            assert re.search(word, text.lower()), f"the {process} has no metric of {word}"
