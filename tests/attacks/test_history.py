"""Floods of history and of lists of rooms: acks of others stay quick, and their own pages come."""

import asyncio
import time
from urllib.parse import urlsplit

from scripts.load.wire import event, frame, upgrade
from tests.attacks.unnoticed import nobody_notices
from tests.support.system import System
from tests.system.client import Payload, ok
from tests.system.people import Person, Visit

LINES, LINE = 100, "é" * 4000
"""A page of all of them has 0.8 MB: each letter is two bytes."""
PAGE_BYTES = LINES * len(LINE.encode())
SOCKETS, PAGES, ROUNDS = 20, 32, 2
PAGE_S = 2.0
"""Somebody else gets each page within this time, beside the flood."""
LISTED = 30
LIST_S = 0.5
QUIET_S = 3.0
CHUNK_BYTES = 1 << 20


async def flood(system: System, token: str | None, room: str, asked: str, payload: Payload) -> int:
    """One socket asks for as many pages as it may, and throws away what it receives. Returns how
    many bytes it received."""
    place = urlsplit(system.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(upgrade(place.netloc) + frame("40"))
        who = {"token": token} if token else {"user": "greedy"}
        writer.write(event("join", {"room": room, **who}, ack=0))
        for number in range(1, PAGES + 1):
            writer.write(event(asked, payload, ack=number))
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


async def times(person: Person, asked: str, payload: Payload) -> list[float]:
    """How long this person waits for each of three pages, in seconds."""
    took: list[float] = []
    for _ in range(3):
        begun = time.monotonic()
        ok(await person.ask(asked, payload))
        took.append(time.monotonic() - begun)
    return took


async def test_floods_of_history_keep_nobody_waiting(
    hubbub: System, visit: Visit, tag: str
) -> None:
    room = f"long-{tag}"
    writer = await visit(hubbub.url, f"writer-{tag}", room)
    for first in range(0, LINES, 20):
        await asyncio.gather(*(writer.say(room, LINE, id=f"{first + n}") for n in range(20)))
    other = await visit(hubbub.url, f"other-{tag}", room)
    asked: dict[str, Payload] = {"room": room, "before": LINES + 2, "limit": 100}
    assert len((await other.history(**asked))["events"]) == LINES
    took: list[float] = []

    async def attack() -> None:
        for _ in range(ROUNDS):
            floods = (flood(hubbub, None, room, "history", asked) for _ in range(SOCKETS))
            waited, heard = await asyncio.gather(
                times(other, "history", asked), asyncio.gather(*floods)
            )
            took.extend(waited)
            assert min(heard) > PAGE_BYTES

    await nobody_notices(attack, hubbub)
    print(f"pages beside the flood: {sorted(round(s, 2) for s in took)} s")
    assert max(took) < PAGE_S


async def test_floods_of_lists_keep_nobody_waiting(hubbub: System, visit: Visit, tag: str) -> None:
    room = f"many-{tag}"
    greedy = await visit(hubbub.url, f"greedy-{tag}", room)
    other = await visit(hubbub.url, f"other-{tag}", room)
    for number in range(LISTED):
        async with Person(hubbub.url) as friend:
            await friend.join(room, user=f"f{number}-{tag}")
            private = (await friend.direct(uid=greedy.uid))["room"]
            await asyncio.gather(*(friend.say(private, "hi") for _ in range(30)))
    assert len((await greedy.rooms(limit=LISTED))["rooms"]) == LISTED
    asked: dict[str, Payload] = {"limit": LISTED}
    took: list[float] = []

    async def attack() -> None:
        floods = (flood(hubbub, greedy.token, room, "rooms", asked) for _ in range(SOCKETS))
        waited, _ = await asyncio.gather(times(other, "rooms", asked), asyncio.gather(*floods))
        took.extend(waited)

    await nobody_notices(attack, hubbub)
    print(f"lists beside the flood: {sorted(round(s, 2) for s in took)} s")
    assert max(took) < LIST_S
