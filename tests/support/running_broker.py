"""A broker in this process, on free ports, with a store that can be held."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import structs

from broker.shell.metrics import Metrics
from broker.shell.server import Server
from broker.shell.zmq_sockets import BrokerSockets
from broker.store.sqlite import SqliteStore
from common.keys import BrokerKeys
from common.settings import Settings
from common.zmq_sockets import welcome_events
from tests.support.held_store import HeldStore


class Running:
    """What a test may look at and turn."""

    def __init__(self, endpoint: str, store: HeldStore, server: Server, metrics: Metrics) -> None:
        self.endpoint = endpoint
        self.store = store
        self.server = server
        self.metrics = metrics

    async def taken(self, count: int, do: str) -> None:
        """Waits until the broker has handled so many commands of a kind, whose answers may be
        held: so nothing tells it but the count."""
        while self.metrics.commands[do] < count:  # noqa: ASYNC110
            await asyncio.sleep(0)


@asynccontextmanager
async def broker(
    path: Path | None = None,
    keys: BrokerKeys | None = None,
    ends: tuple[str, str] = ("tcp://127.0.0.1:0", "tcp://127.0.0.1:0"),
    **given: Any,
) -> AsyncIterator[Running]:
    settings = structs.replace(Settings(), message_rate=0.0, **given)
    store = HeldStore(SqliteStore(path))
    wall = time.time()
    opened = await store.open(wall, wall - settings.name_hold, settings.retry_window)
    metrics = Metrics()
    wire = BrokerSockets(keys, metrics, settings.topics)
    stop = asyncio.Event()
    try:
        commands, events = wire.bind(*ends)
        settings = structs.replace(settings, events_advertise=welcome_events(events, ""))
        server = Server(settings, store, opened, wire, metrics)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.run(stop))
            try:
                yield Running(commands, store, server, metrics)
            finally:
                store.let_go()
                stop.set()
    finally:
        wire.close()
        await store.close()
