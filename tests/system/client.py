"""A connection: a stock python-socketio client that remembers all it hears, in order."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

import aiohttp
import socketio
from socketio.packet import DISCONNECT

CODES = frozenset(
    (
        "bad_request",
        "bad_name",
        "not_joined",
        "no_such_room",
        "no_such_user",
        "no_such_event",
        "forbidden",
        "too_long",
        "rate_limited",
        "unavailable",
        "banned",
    )
)
WITHIN_S = 8.0
"""How long a thing may take on a busy machine that should come at once."""
POLL_S = 0.03

Payload = Any
Predicate = Callable[[Payload], bool]


def ok(answer: Payload) -> dict[str, Any]:
    """Returns an ack, which must say that the request was done."""
    assert isinstance(answer, dict), f"an ack is an object, not {answer!r}"
    assert answer.get("ok") is True, f"refused: {answer}"
    assert "error" not in answer
    return answer


def refusal(answer: Payload) -> str:
    """Returns the error code of an ack, which must be an error of the right form."""
    assert isinstance(answer, dict), f"an ack is an object, not {answer!r}"
    assert answer.get("ok") is False, f"not refused: {answer}"
    assert set(answer) == {"ok", "error"}, answer
    error = answer["error"]
    assert set(error) <= {"code", "message", "retryAfter"}, error
    assert error["code"] in CODES, error
    assert isinstance(error["message"], str), error
    assert error["message"], error
    return str(error["code"])


async def eventually(
    check: Callable[[], Awaitable[Payload]], what: str, within: float = WITHIN_S
) -> Payload:
    """Calls `check` again and again until its result is true: for things that no event tells."""
    end = time.monotonic() + within
    while not (last := await check()):
        assert time.monotonic() < end, f"not within {within} s: {what} (last: {last!r})"
        await asyncio.sleep(POLL_S)
    return last


class _Read(aiohttp.ClientResponse):
    """An HTTP answer that is read to its end as soon as it comes: the stock client does not read
    the answers to its posts, nor those that tell of errors."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        if self.status != 101:
            with contextlib.suppress(aiohttp.ClientError):  # its status has arrived already
                await self.read()
        return self


class Client:
    """A connection and all that was heard on it: (event, payload), acks as "ack EVENT"."""

    def __init__(
        self,
        url: str,
        *,
        transports: Sequence[str] = ("websocket",),
        auth: Payload = None,
        path: str = "socket.io",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.heard: list[tuple[str, Payload]] = []
        self.gone = asyncio.Event()
        self._news = asyncio.Event()
        self._asked: list[asyncio.Future[Payload]] = []
        self._url, self._transports, self._auth = url, list(transports), auth
        self._path, self._headers = path, dict(headers or {})
        self._http: aiohttp.ClientSession | None = None
        self._socket: Any = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(response_class=_Read)
        self._socket = socketio.AsyncClient(
            reconnection=False, http_session=self._http, handle_sigint=False
        )
        self._socket.on("*", self._hear)
        self._socket.on("disconnect", self._end)
        try:
            await self._socket.connect(
                self._url,
                headers=self._headers,
                transports=self._transports,
                auth=self._auth,
                socketio_path=self._path,
                wait_timeout=WITHIN_S,
            )
        except BaseException:
            await self._http.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WITHIN_S):
                await self.disconnect()
        if self._http is not None:
            await self._http.close()

    @property
    def transport(self) -> str:
        return str(self._socket.transport())

    def _hear(self, event: str, *payload: Payload) -> None:
        self.heard.append((event, payload[0] if payload else None))
        self._news.set()

    def _end(self, *_: object) -> None:
        self.gone.set()
        for answer in self._asked:
            if not answer.done():
                answer.set_exception(ConnectionError("the connection ended before the ack"))
                answer.exception()  # so asyncio does not complain that nobody has looked

    def all(self, event: str) -> list[Payload]:
        """The payloads of all events of this name, so far."""
        return [payload for name, payload in self.heard if name == event]

    async def hears(
        self, wanted: Predicate = lambda _: True, within: float = WITHIN_S, of: str = "chat"
    ) -> Payload:
        """The first payload of event `of`, heard before or within this time, that is wanted."""
        end = time.monotonic() + within
        seen = 0
        while True:
            for event, payload in self.heard[seen:]:
                seen += 1
                if event == of and wanted(payload):
                    return payload
            self._news.clear()
            try:
                async with asyncio.timeout(max(0.0, end - time.monotonic())):
                    await self._news.wait()
            except TimeoutError:
                raise AssertionError(
                    f"no such {of!r} within {within} s; heard last: {self.heard[-12:]}"
                ) from None

    async def begin(self, event: str, payload: Payload = None) -> asyncio.Future[Payload]:
        """Sends a request; its ack comes as the future's result, or ConnectionError."""
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._asked = [*(a for a in self._asked[-1000:] if not a.done()), answer]

        def on_ack(*payload: Payload) -> None:
            self._hear(f"ack {event}", *payload)
            if not answer.done():
                answer.set_result(payload[0] if payload else None)

        await self._socket.emit(event, payload, callback=on_ack)
        return answer

    async def ask(self, event: str, payload: Payload = None, within: float = 10.0) -> Payload:
        """Sends a request and waits for its ack."""
        answer = await self.begin(event, payload)
        try:
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            raise AssertionError(f"{event} {str(payload)[:200]}: no ack in {within} s") from None

    async def tell(self, event: str, payload: Payload = None) -> None:
        """Sends a request without ack."""
        await self._socket.emit(event, payload)

    async def disconnect(self) -> None:
        """Ends the connection in order, with a DISCONNECT packet."""
        if self._socket.connected:
            # The stock client closes the WebSocket before its queue is sent, so this goes first.
            leaving = self._socket.packet_class(DISCONNECT, namespace="/")
            await self._socket._send_packet(leaving)
            await self._socket.eio.queue.join()
        await self._socket.disconnect()

    async def lose(self) -> None:
        """Loses the connection, as a closed tab does: the WebSocket ends without DISCONNECT."""
        await self._socket.eio.ws.close()
