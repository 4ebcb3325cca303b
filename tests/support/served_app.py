"""A gateway's whole web application on a free port, with a broker that answers when told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from common.http import RUNNER_OPTIONS
from common.settings import Settings
from gateway.app import make_app
from gateway.chat.limits import STANDARD, ChatLimits
from gateway.server.engineio_server import EngineIOServer
from gateway.server.listener import KEEPALIVE_S, IdleReaper, listen_on
from gateway.transport.connection import Connection
from tests.support.gateway_rig import Rig

WITHIN_S = 10.0


class ServedApp:
    """The running application: `port`, `server`, `rig`, `runner`."""

    def __init__(self, port: int, server: EngineIOServer, rig: Rig, runner: web.AppRunner) -> None:
        self.port = port
        self.server = server
        self.rig = rig
        self.runner = runner

    @property
    def sessions(self) -> dict[str, Connection]:
        """All Engine.IO sessions."""
        sessions: dict[str, Connection] = self.server.sockets
        return sessions

    @property
    def of_aiohttp(self) -> int:
        """How many connections aiohttp's server has."""
        assert self.runner.server is not None
        return len(self.runner.server.connections)


@contextlib.asynccontextmanager
async def served_app(
    by_aiohttp: bool = False, limits: ChatLimits = STANDARD, **settings: str | float
) -> AsyncIterator[ServedApp]:
    """Serves as `python -m gateway` does. `by_aiohttp`: aiohttp's own server accepts, and our
    listener is not there at all."""
    loop = asyncio.get_running_loop()
    rig = Rig(loop, limits, **settings)
    own = Settings(**settings)  # type: ignore[arg-type]
    reaper = IdleReaper(own.connect_timeout)
    app, server = make_app(own, rig.chat, rig.chat.metrics, reaper)
    runner = web.AppRunner(
        app, **RUNNER_OPTIONS, keepalive_timeout=KEEPALIVE_S, shutdown_timeout=0.1
    )
    await runner.setup()
    reaping = loop.create_task(reaper.run(runner))
    try:
        if by_aiohttp:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield ServedApp(runner.addresses[0][1], server, rig, runner)
        else:
            (listener,) = listen_on(runner, server.open_plain, "127.0.0.1", 0)
            try:
                yield ServedApp(listener.address[1], server, rig, runner)
            finally:
                listener.close()
    finally:
        reaping.cancel()
        await asyncio.gather(reaping, return_exceptions=True)
        await runner.cleanup()


async def until(true: Callable[[], object]) -> None:
    """Polls the condition, since nobody is told of it."""
    async with asyncio.timeout(WITHIN_S):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
