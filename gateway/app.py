"""The gateway's web application: the page, Socket.IO, health and metrics."""

from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from common.settings import Settings
from gateway.chat import Chat
from gateway.doors import Doorkeeper
from gateway.engine import make_server
from gateway.metrics import Metrics
from gateway.origins import listed
from gateway.page import STATIC, Page


def make_app(
    settings: Settings, chat: Chat[Any], metrics: Metrics, keeper: Doorkeeper
) -> web.Application:
    """Everything a gateway serves. The caller runs the keeper, and the chat's link and upkeep."""
    app = web.Application(middlewares=[keeper.note])
    page = Page(listed(settings.gateways), settings.text_chars)
    server = make_server(settings, chat, metrics)
    server.attach(app)

    async def move_on(_: web.Application) -> None:
        await server.shutdown()

    app.on_shutdown.append(move_on)
    app.router.add_get("/socket.io/socket.io.js", _client)
    app.router.add_get("/", page.serve)
    app.router.add_get("/favicon.ico", _favicon)
    app.router.add_static("/static/", STATIC)
    app.router.add_get("/healthz", _alive)

    async def ready(_: web.Request) -> web.Response:
        if chat.upkeep.caught_up:
            return web.Response(text="ready\n")
        return web.Response(status=503, text="no broker, or not caught up with it yet\n")

    async def figures(_: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", figures)
    app.on_response_prepare.append(page.add_headers)
    return app


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="alive\n")


async def _favicon(_: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / "favicon.svg")


async def _client(_: web.Request) -> web.StreamResponse:
    """The stock client, where pages of the original look for it."""
    return web.FileResponse(STATIC / "vendor" / "socket.io.min.js")
