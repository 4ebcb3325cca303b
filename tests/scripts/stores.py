"""Stores with something in them, as a broker leaves them, for the scripts that copy them."""

from pathlib import Path

from broker.effects import Append, PutIdentity, PutRoom, PutSession
from broker.store.sqlite import SqliteStore
from common.messages import Event

WALL = 1_800_000_000.0


async def open_store(path: Path, wall: float = WALL) -> SqliteStore:
    store = SqliteStore(path)
    await store.open(wall, 0.0, 1000.0)
    return store


async def fill(store: SqliteStore) -> None:
    """A store with the lobby, and Ann in it."""
    await store.commit(
        [
            PutRoom("lobby", "public"),
            PutIdentity("u1", "ann"),
            PutSession("g", "s", "u1", False, {"lobby": 0}),
        ],
        WALL,
    )


async def say(store: SqliteStore, seq: int) -> None:
    event = Event(seq, "message", "ann", WALL, f"t{seq}", "u1", f"i{seq}")
    await store.commit([Append("lobby", event)], WALL)


async def texts(store: SqliteStore) -> list[str]:
    page = await store.page("lobby", None, 0, 100)
    return [event.text for event in page.events]
