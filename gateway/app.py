"""The gateway's web application: the page, Socket.IO, health and metrics."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from common.addresses import is_local_only
from common.hosts import Hosts
from common.http import edge_middleware
from common.settings import Settings
from gateway.chat.chat import Chat
from gateway.runtime.metrics import Metrics
from gateway.server.engineio_server import EngineIOServer
from gateway.server.listener import IdleReaper
from gateway.server.origins import listed
from gateway.server.page import Page
from gateway.server.socketio_server import make_server


def make_app(
    settings: Settings, chat: Chat, metrics: Metrics, idle_reaper: IdleReaper
) -> tuple[web.Application, EngineIOServer]:
    """Everything that a gateway serves, below HUBBUB_PATH, and the server of its WebSockets. The
    caller runs `idle_reaper`, and the chat's link and maintenance. Raises OSError if the host of
    the settings does not exist."""
    hosts = Hosts(is_local_only(settings.host), settings.origins, settings.gateways)
    app = web.Application(middlewares=[idle_reaper.note, edge_middleware(hosts)])
    page = Page(listed(settings.gateways), settings.text_chars)
    server = make_server(settings, hosts, chat, metrics)
    server.attach(app, f"{settings.path}/socket.io")

    async def end_connections(_: web.Application) -> None:
        await server.end_connections()

    async def ready(_: web.Request) -> web.Response:
        if chat.maintenance.caught_up:
            return web.Response(text="ready\n")
        return web.Response(status=503, text="no broker, or not caught up with it yet\n")

    async def serve_metrics(_: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def redirect_to_page(_: web.Request) -> web.Response:
        """The page's links are relative, so its address has to end in a slash."""
        return web.Response(status=308, headers={"Location": f"{settings.path}/"})

    path = settings.path
    app.router.add_get(f"{path}/socket.io/socket.io.js", page.serve_client)
    app.router.add_get(f"{path}/", page.serve)
    app.router.add_get(f"{path}/favicon.ico", page.serve_icon)
    app.router.add_get(f"{path}/static/{{name:.+}}", page.serve_file)
    for base in {path, ""}:  # monitoring need not know HUBBUB_PATH
        app.router.add_get(f"{base}/healthz", _alive)
        app.router.add_get(f"{base}/readyz", ready)
        app.router.add_get(f"{base}/metrics", serve_metrics)
    if path:
        app.router.add_get(path, redirect_to_page)
    app.on_shutdown.append(end_connections)
    app.on_response_prepare.append(page.add_headers)
    return app, server


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="alive\n")
