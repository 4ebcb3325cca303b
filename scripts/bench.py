"""Measures what one delivery costs and how soon a message is acked, on a system of its own.

python -m scripts.bench [--sockets 1000] [--messages 300] [--rate 20]

One room, so many WebSockets, one speaker at a quiet rate: each event is a write of its own. CPU is
that of broker and gateway together, from /proc; the load runs in this process and is not counted.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from scripts.processes import Processes, StartError

JOIN_S = 60.0
OPENING = 50
"""Connections that are opened at once."""


class Counter:
    """All deliveries of the run; `done` once `wanted` have come."""

    def __init__(self) -> None:
        self.seen = 0
        self.wanted = 1 << 62
        self.last = 0.0
        self.done = asyncio.Event()

    def count(self) -> None:
        self.seen += 1
        if self.seen >= self.wanted:
            self.last = time.perf_counter()
            self.done.set()


async def listen(socket: aiohttp.ClientWebSocketResponse, counter: Counter) -> None:
    async for message in socket:
        if message.data == "2":
            await socket.send_str("3")
        elif '"EvtType":"message"' in message.data:
            counter.count()


async def enter(http: aiohttp.ClientSession, url: str, user: str) -> Any:
    """A socket that has joined `bench` and heard its ack."""
    address = f"{url}/socket.io/?EIO=4&transport=websocket"
    socket = await http.ws_connect(address, compress=0, max_msg_size=0)
    await socket.send_str("40")
    await socket.send_str("420" + json.dumps(["join", {"user": user, "room": "bench"}]))
    async for message in socket:
        if message.data.startswith("430"):
            return socket
    raise StartError("the gateway closed a connection before its join was acked")


async def say(socket: aiohttp.ClientWebSocketResponse, number: int, text: str) -> float:
    """Seconds until the ack."""
    began = time.perf_counter()
    await socket.send_str(f"42{number}" + json.dumps(["chat", {"room": "bench", "message": text}]))
    async for message in socket:
        if message.data.startswith(f"43{number}["):
            if '"ok":true' not in message.data:
                raise StartError(f"a message was refused: {message.data}")
            return time.perf_counter() - began
    raise StartError("the speaker's connection was closed")


def cpu_s(pids: list[int]) -> float:
    """User and system time of these processes so far (proc(5))."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(system: Processes, args: argparse.Namespace) -> dict[str, float]:
    url, pids = system.urls[0], [system.broker.pid, system.gateways[0].pid]
    counter = Counter()
    acks: list[float] = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as tasks:
        began = time.perf_counter()
        gate = asyncio.Semaphore(OPENING)

        async def open_one(number: int) -> aiohttp.ClientWebSocketResponse:
            async with gate, asyncio.timeout(JOIN_S):
                socket: aiohttp.ClientWebSocketResponse = await enter(http, url, f"p{number}")
                return socket

        sockets = await asyncio.gather(*(open_one(n) for n in range(args.sockets)))
        speaker = await enter(http, url, "speaker")
        joined_s = time.perf_counter() - began
        ears = [tasks.create_task(listen(socket, counter)) for socket in sockets]
        before, counter.wanted = cpu_s(pids), args.messages * args.sockets
        began = time.perf_counter()
        for number in range(args.messages):
            acks.append(await say(speaker, number, "x" * 40))
            await asyncio.sleep(max(0.0, began + (number + 1) / args.rate - time.perf_counter()))
        await asyncio.wait_for(counter.done.wait(), JOIN_S)
        used_s = cpu_s(pids) - before
        for ear in ears:
            ear.cancel()
        for socket in [*sockets, speaker]:
            await socket.close()
    cuts = statistics.quantiles(acks, n=100)
    return {
        "joins_per_s": args.sockets / joined_s,
        "cpu_us_per_delivery": used_s * 1e6 / counter.wanted,
        "ack_p50_ms": cuts[49] * 1e3,
        "ack_p99_ms": cuts[98] * 1e3,
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts.bench", description="Costs, on loopback.")
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--rate", type=float, default=20.0, help="messages a second")
    args = parser.parse_args(arguments)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="hubbub-bench-") as folder,
            Processes(Path(folder), 1) as system,
        ):
            system.wait_ready()
            for name, figure in asyncio.run(measure(system, args)).items():
                print(f"{name:24} {figure:10.2f}")
    except (StartError, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
