"""The edge of a gateway with an echoing chat behind it, on a free port; and bare browsers."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from aiohttp import web

from common.hosts import Hosts
from common.http import RUNNER_OPTIONS
from common.settings import Settings
from gateway.server.engineio_server import EngineIOServer
from gateway.server.listener import listen_on
from gateway.server.socketio_server import make_server
from gateway.transport.sockets import Reply, Socket

WITHIN_S = 10.0


class Count:
    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1) -> None:
        self.value += amount


class Counts:
    def __init__(self) -> None:
        self.cut_off = Count()
        self.refused_frames = Count()


class Echo:
    """Answers `echo` with its arguments, `fail` with an error, `hold` when `release` is called,
    and remembers all that it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.sockets: list[Socket] = []
        self.held: list[Reply] = []
        self.ready_at_once = True

    def connected(self, socket: Socket, auth: object) -> None:
        self.sockets.append(socket)
        self.tell("connected", auth)
        if self.ready_at_once:
            socket.release()

    def requested(self, socket: Socket, event: str, args: list[Any], reply: Reply) -> None:
        self.tell("requested", event, *args)
        match event:
            case "echo":
                reply({"ok": True, "said": args})
            case "fail":
                reply({"ok": False, "error": {"code": "bad_request", "message": "no"}})
            case "hold":
                self.held.append(reply)
            case "bug":
                raise RuntimeError("a fault of ours")
            case _:
                reply(None)

    def gone(self, socket: Socket, left: bool) -> None:
        self.tell("gone", left)

    def tell(self, *what: Any) -> None:
        self.told.append(what)

    async def until(self, true: Callable[[], Any]) -> None:
        """Polls the condition, since the libraries report some events to nobody."""
        async with asyncio.timeout(WITHIN_S):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def until_told(self, *what: Any) -> None:
        await self.until(lambda: what in self.told)


class Edge:
    """The running server: `url`, `chat`, `server`, `counts`."""

    def __init__(self, port: int, server: EngineIOServer, chat: Echo, counts: Counts) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.path = f"{self.url}/socket.io/?EIO=4"
        self.server = server
        self.chat = chat
        self.counts = counts

    @property
    def connections(self) -> dict[str, Any]:
        connections: dict[str, Any] = self.server.sockets
        return connections


@contextlib.asynccontextmanager
async def running(
    chat: Echo | None = None,
    make: Callable[[Settings, Hosts, Echo, Counts], EngineIOServer] = make_server,
    by_aiohttp: bool = False,
    **settings: Any,
) -> AsyncIterator[Edge]:
    """A running server. `by_aiohttp`: aiohttp gets all requests, as those that are odd."""
    chat, counts = chat or Echo(), Counts()
    server = make(Settings(**settings), Hosts(False), chat, counts)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    open_plain = _leave_to_aiohttp if by_aiohttp else server.open_plain
    (listener,) = listen_on(runner, open_plain, "127.0.0.1", 0)
    try:
        yield Edge(listener.address[1], server, chat, counts)
    finally:
        listener.close()
        await server.end_connections()
        await runner.cleanup()


@contextlib.asynccontextmanager
async def left_to_aiohttp(app: web.Application) -> AsyncIterator[tuple[web.AppRunner, int]]:
    """The runner and the port of an application whose listener leaves all connections to
    aiohttp."""
    runner = web.AppRunner(app, **RUNNER_OPTIONS)
    await runner.setup()
    (listener,) = listen_on(runner, _leave_to_aiohttp, "127.0.0.1", 0)
    try:
        yield runner, listener.address[1]
    finally:
        listener.close()
        await runner.cleanup()


def _leave_to_aiohttp(*_: object) -> bool:
    return False


class Bare:
    """A WebSocket client that sends exactly the packets of the test."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def say(self, text: str) -> None:
        await self.ws.send_str(text)

    async def hear(self) -> str | None:
        """The next packet except pings, which are answered; None once the WebSocket is closed."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                message = await self.ws.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return None
                if message.data != "2":
                    return str(message.data)
                await self.ws.send_str("3")

    async def until_closed(self) -> None:
        while await self.hear() is not None:
            pass

    async def connect(self, auth: str = "") -> str:
        """Sends CONNECT; returns the sid."""
        assert (await self.hear() or "").startswith("0{")
        await self.say("40" + auth)
        heard = await self.hear() or ""
        assert heard.startswith("40{"), heard
        return str(json.loads(heard[2:])["sid"])


@contextlib.asynccontextmanager
async def bare(edge: Edge, sid: str = "", **how: Any) -> AsyncIterator[Bare]:
    url = f"{edge.path}&transport=websocket" + (f"&sid={sid}" if sid else "")
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(url, max_msg_size=0, **how) as ws,
    ):
        yield Bare(ws)


@contextlib.asynccontextmanager
async def polling(edge: Edge) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A polling session after its CONNECT: the HTTP session and its address."""
    async with aiohttp.ClientSession() as http:
        url = f"{edge.path}&transport=polling"
        async with http.get(url) as answer:
            text = await answer.text()
        url += "&sid=" + json.loads(text[1:])["sid"]
        assert await post(http, url, "40") == 200
        assert (await poll(http, url)).startswith("40{")
        yield http, url


async def post(http: aiohttp.ClientSession, url: str, body: str | bytes | io.BytesIO) -> int:
    async with http.post(url, data=body) as answer:
        await answer.read()
        return answer.status


async def poll(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as answer:
        text = await answer.text()
        assert answer.status == 200, text
        return text
