"""The broker's HTTP server: /healthz, /readyz and /metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from broker.shell.metrics import Metrics
from common.addresses import is_local_only, listen, split_address
from common.hosts import Hosts
from common.http import RUNNER_OPTIONS, edge_middleware

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class HttpError(Exception):
    """HUBBUB_BROKER_HTTP cannot be used; the message says why, in one line."""


@asynccontextmanager
async def serving(
    address: str, why_not_ready: Callable[[], str], metrics: Metrics, *origins: str
) -> AsyncIterator[int]:
    """Serves on `host:port` inside the block, and yields the real port; with an empty address
    nothing is served and the port is 0. `why_not_ready` returns an empty string if the broker is
    ready. `origins` are settings with comma-separated origins, whose hosts may be asked for.
    Raises HttpError."""
    if not address:
        yield 0
        return
    try:
        host, port = split_address(address)
    except ValueError:
        raise HttpError(f"HUBBUB_BROKER_HTTP is {address!r}, which is not host:port") from None

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(request: web.Request) -> web.Response:
        reason = why_not_ready()
        return web.Response(text=f"{reason or 'ready'}\n", status=503 if reason else 200)

    async def metrics_text(request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": TEXT})

    try:
        app = web.Application(middlewares=[edge_middleware(Hosts(is_local_only(host), *origins))])
        sockets = listen(host, port)
    except OSError as error:
        raise HttpError(f"HUBBUB_BROKER_HTTP {address}: {error.strerror or error}") from None
    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", metrics_text),
        ]
    )
    runner = web.AppRunner(app, **RUNNER_OPTIONS, shutdown_timeout=0.5)
    await runner.setup()
    try:
        for socket in sockets:
            await web.SockSite(runner, socket).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
