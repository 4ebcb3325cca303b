"""Floods of history: acks of others stay quick, and their own pages come."""

import asyncio
import time
from urllib.parse import urlsplit

from scripts.load.wire import event, frame, upgrade
from tests.attacks.unnoticed import nobody_notices
from tests.system.harness import House
from tests.system.people import Visit, ok

LINES, LINE = 100, "x" * 4000
SOCKETS, PAGES, ROUNDS = 20, 32, 2
PAGE_S = 5.0
"""In which somebody else has a page, beside the flood."""
QUIET_S = 3.0
CHUNK_BYTES = 1 << 20


async def flood(house: House, room: str) -> int:
    """One socket that asks for as many pages as it may, and throws away what comes. Returns how
    many bytes that was."""
    place = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(upgrade(place.netloc) + frame("40"))
        writer.write(event("join", {"room": room, "user": "greedy"}, ack=0))
        for number in range(1, PAGES + 1):
            writer.write(
                event("history", {"room": room, "before": LINES + 2, "limit": 100}, ack=number)
            )
        heard = 0
        last = f"43{PAGES}[".encode()
        async with asyncio.timeout(QUIET_S * SOCKETS):
            while chunk := await reader.read(CHUNK_BYTES):
                heard += len(chunk)
                if last in chunk:
                    break
        return heard
    finally:
        writer.transport.abort()


async def test_floods_of_history_keep_nobody_waiting(hubbub: House, visit: Visit, tag: str) -> None:
    room = f"long-{tag}"
    writer = await visit(hubbub.url, f"writer-{tag}", room)
    for first in range(0, LINES, 20):
        await asyncio.gather(*(writer.say(room, LINE, id=f"{first + n}") for n in range(20)))
    other = await visit(hubbub.url, f"other-{tag}", room)
    took: list[float] = []

    async def ask() -> None:
        for _ in range(3):
            begun = time.monotonic()
            asked = {"room": room, "before": LINES + 2, "limit": 100}
            page = ok(await other.ask("history", asked))
            assert page["events"]
            took.append(time.monotonic() - begun)

    async def attack() -> None:
        for _ in range(ROUNDS):
            heard, *_ = await asyncio.gather(*(flood(hubbub, room) for _ in range(SOCKETS)), ask())
            assert heard > len(LINE) * LINES

    await nobody_notices(attack, hubbub)
    assert min(took) < PAGE_S
