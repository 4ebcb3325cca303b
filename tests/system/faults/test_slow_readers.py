"""A browser that does not read costs its gateway a bounded amount of memory, and so does a gateway
that does not read its broker. Nobody else is slowed."""

import asyncio
import contextlib
import re
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from scripts.soak.visitor import Visitor
from tests.support.system import Process, System
from tests.system.client import eventually
from tests.system.memory import forget_peak, memory_mib

MIB = 1 << 20
TEXT_CHARS = 40_000
TRAFFIC_BYTES = 60 * MIB
AT_ONCE = 8
GIVEN_UP_S = 9.0
"""More than common.zmq_sockets.SILENCE_MS, after which a silent connection is closed."""
STALLED_MIB = 10
"""The memory that a stalled browser may cost its gateway, or a lost gateway its broker."""


async def connections(gateway: Process) -> int:
    _, text = await asyncio.to_thread(gateway.get, "/metrics")
    found = re.search(r"^hubbub_gateway_connections (\S+)$", text, re.MULTILINE)
    return int(float(found[1])) if found else -1


@contextlib.asynccontextmanager
async def talking(url: str, prefix: str, count: int = 2) -> AsyncIterator[list[Visitor]]:
    """Visitors of one room, of whom the first is to talk."""
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        visitors = [Visitor(http, [url], f"{prefix}{n}", prefix) for n in range(count)]
        running = [tasks.create_task(visitor.run()) for visitor in visitors]
        await asyncio.gather(*(visitor.joined.wait() for visitor in visitors))
        yield visitors
        for task in running:
            task.cancel()


async def flood(visitors: list[Visitor], size: int) -> list[float]:
    """Says so many bytes of messages, which all hear. Returns the seconds that each ack took."""
    talker = visitors[0]
    took: list[float] = []

    async def say(number: int) -> None:
        began = time.monotonic()
        await talker.say(f"{began}-{number}", "x" * TEXT_CHARS)
        took.append(time.monotonic() - began)

    for start in range(0, size // TEXT_CHARS, AT_ONCE):
        await asyncio.gather(*(say(start + n) for n in range(AT_ONCE)))
        for visitor in visitors:
            visitor.view.clear()
    last = talker.acks[-1].seq

    async def all_heard() -> bool:
        return all(visitor.head >= last for visitor in visitors)

    await eventually(all_heard, "everybody has heard everything", within=20)
    return took


@contextlib.asynccontextmanager
async def stalled_reader(system: System, room: str) -> AsyncIterator[None]:
    """A socket that joins, and reads no byte after that."""
    url = f"{system.url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(url, max_msg_size=0)
        await socket.receive()
        await socket.send_str('40{"token": "0123456789-0123456789-abcdef", "user": "stalled"}')
        await socket.send_str(f'42["join", {{"room": "{room}"}}]')
        while '"stalled"' not in (await socket.receive_str()):
            pass
        assert socket._response.connection is not None
        transport = socket._response.connection.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()
        try:
            yield
        finally:
            transport.abort()


@contextlib.asynccontextmanager
async def stalled_poller(system: System, room: str) -> AsyncIterator[None]:
    """A polling session that joins by POST, and never polls again."""
    url = f"{system.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:
        sid = (await (await http.get(url)).text()).partition('"sid":"')[2].partition('"')[0]
        assert sid
        auth = '{"token": "0123456789-0123456789-poller", "user": "poller"}'
        for packet in (f"40{auth}", f'42["join", {{"room": "{room}"}}]'):
            answer = await http.post(f"{url}&sid={sid}", data=packet)
            assert answer.status == 200
        yield


@pytest.mark.timeout(120)
async def test_a_stalled_reader_is_cut_off_and_costs_next_to_nothing(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"HUBBUB_TEXT_CHARS": str(TEXT_CHARS), "HUBBUB_REPLAY_EVENTS": "20"}
    async with System(tmp_path, **settings) as system, talking(system.url, "slow") as visitors:
        gateway = system.gateways[0]
        alone = await flood(visitors, TRAFFIC_BYTES)
        peak_alone = memory_mib(gateway)
        forget_peak(gateway)
        async with stalled_reader(system, "slow"), stalled_poller(system, "slow"):
            await eventually(lambda: is_at(gateway, 4), "all four are here")
            together = await flood(visitors, TRAFFIC_BYTES)
            await eventually(lambda: is_at(gateway, 2), "those that do not read are gone")
        peak = memory_mib(gateway)
        print(
            f"gateway's peak with {TRAFFIC_BYTES // MIB} MiB of traffic: {peak_alone:.1f} MiB, "
            f"with a stalled reader and poller {peak:.1f} MiB; acks take "
            f"{statistics.median(alone) * 1000:.1f} and {statistics.median(together) * 1000:.1f} ms"
        )
        assert peak < peak_alone + 2 * STALLED_MIB
        assert [visitor.connections for visitor in visitors] == [1, 1]
        assert [problem for visitor in visitors for problem in visitor.complaints] == []


async def is_at(gateway: Process, count: int) -> bool:
    return await connections(gateway) == count


@pytest.mark.timeout(120)
async def test_a_gateway_that_does_not_read_costs_the_broker_a_bounded_amount(
    tmp_path: Path,
) -> None:
    """Its connection is given up after the heartbeats' silence: from then on nothing waits."""
    settings: dict[str, Any] = {"HUBBUB_TEXT_CHARS": str(TEXT_CHARS), "HUBBUB_REPLAY_EVENTS": "20"}
    async with (
        System(tmp_path, gateways=2, **settings) as system,
        talking(system.urls[0], "here") as visitors,
        talking(system.urls[1], "here", 1) as others,
    ):
        await flood(visitors, 8 * MIB)
        before = memory_mib(system.broker, "VmRSS")
        await asyncio.to_thread(system.gateways[1].pause)
        try:
            sent, end = 0, time.monotonic() + GIVEN_UP_S
            while time.monotonic() < end:
                await flood(visitors, 4 * MIB)
                sent += 4
                await asyncio.sleep(0.2)  # for a pace: only the time counts here
            peak = memory_mib(system.broker)
            await flood(visitors, 4 * STALLED_MIB * MIB)
            after = memory_mib(system.broker)
            print(f"broker: {before:.0f} MiB, at most {peak:.0f} after {sent}, {after:.0f} at last")
            assert after < peak + STALLED_MIB, "what waited for it has made room for what came"
        finally:
            await asyncio.to_thread(system.gateways[1].resume)
        last = visitors[0].acks[-1].seq

        async def caught_up() -> bool:
            return others[0].head >= last

        await eventually(caught_up, "the gateway catches up when it goes on", within=30)
        assert others[0].complaints == []
