"""People: stock python-socketio clients that remember all they hear, in the order it arrived."""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, Self

import aiohttp
import engineio
import socketio
from socketio.packet import DISCONNECT

# stock, the Python client gives up on a poll's answer of more than 16 packets
engineio.payload.Payload.max_decode_packets = 10_000

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
"""How long something may take that should come at once, on a busy machine."""
POLL_S = 0.03

Payload = Any
Predicate = Callable[[Payload], bool]


class Visit(Protocol):
    """The `visit` fixture."""

    def __call__(
        self, url: str, user: str | None = None, room: str | None = None, **how: Any
    ) -> Awaitable["Person"]: ...


def ok(answer: Payload) -> dict[str, Any]:
    """The ack of something that was done."""
    assert isinstance(answer, dict), f"an ack is an object, not {answer!r}"
    assert answer.get("ok") is True, f"refused: {answer}"
    assert "error" not in answer
    return answer


def refusal(answer: Payload) -> str:
    """The error code of an ack that must be an error, of the right form."""
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
    """Asks again and again until the answer is true; for what nobody is told of."""
    end = time.monotonic() + within
    while not (last := await check()):
        assert time.monotonic() < end, f"not within {within} s: {what} (last: {last!r})"
        await asyncio.sleep(POLL_S)
    return last


class Client:
    """A connection and all that was heard on it: (event, payload), acks as "ack EVENT"."""

    def __init__(
        self,
        url: str,
        *,
        transports: Sequence[str] = ("websocket",),
        auth: Payload = None,
    ) -> None:
        self.heard: list[tuple[str, Payload]] = []
        self.gone = asyncio.Event()
        self._news = asyncio.Event()
        self._asked: list[asyncio.Future[Payload]] = []
        self._url, self._transports, self._auth = url, list(transports), auth
        self._http: aiohttp.ClientSession | None = None
        self._socket: Any = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        self._socket = socketio.AsyncClient(
            reconnection=False, http_session=self._http, handle_sigint=False
        )
        self._socket.on("*", self._hear)
        self._socket.on("disconnect", self._end)
        try:
            await self._socket.connect(
                self._url, transports=self._transports, auth=self._auth, wait_timeout=WITHIN_S
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
                answer.exception()  # seen: nobody need wait for it

    def all(self, event: str) -> list[Payload]:
        """Every payload of this event so far."""
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
        """Goes in order, with a DISCONNECT packet."""
        if self._socket.connected:
            # the stock client closes the WebSocket before its queue has left: say it first
            leaving = self._socket.packet_class(DISCONNECT, namespace="/")
            await self._socket._send_packet(leaving)
            await self._socket.eio.queue.join()
        await self._socket.disconnect()

    async def lose(self) -> None:
        """Loses its connection, as a closed tab does: the WebSocket ends, nothing is said."""
        await self._socket.eio.ws.close()


class Person(Client):
    """The object form."""

    user = uid = token = ""

    async def join(self, room: str, **more: Payload) -> dict[str, Any]:
        """Joins and remembers who it is; arguments that are None are not sent."""
        given = {key: value for key, value in more.items() if value is not None}
        answer = ok(await self.ask("join", {"room": room, **given}))
        self.user, self.uid, self.token = answer["user"], answer["uid"], answer["token"]
        return answer

    async def say(self, room: str, message: str, **more: Payload) -> dict[str, Any]:
        return ok(await self.ask("chat", {"room": room, "message": message, **more}))

    async def leave(self, room: str) -> dict[str, Any]:
        return ok(await self.ask("leave", {"room": room}))

    async def history(self, room: str, **more: Payload) -> dict[str, Any]:
        return ok(await self.ask("history", {"room": room, **more}))

    async def participants(self, room: str, **more: Payload) -> dict[str, Any]:
        return ok(await self.ask("participants", {"room": room, **more}))

    async def rooms(self, **more: Payload) -> dict[str, Any]:
        return ok(await self.ask("rooms", more))

    async def direct(self, **whom: str) -> dict[str, Any]:
        return ok(await self.ask("direct", whom))

    def lines(self, room: str, kind: str | None = None) -> list[dict[str, Any]]:
        """The events of a room heard so far (of one EvtType)."""
        lines = [e for e in self.all("chat") if e["Room"] == room]
        return [e for e in lines if kind is None or e["EvtType"] == kind]

    def seqs(self, room: str) -> list[int]:
        return [event["Seq"] for event in self.lines(room)]

    async def hears_text(self, text: str, within: float = WITHIN_S) -> dict[str, Any]:
        """The message with this text."""
        line: dict[str, Any] = await self.hears(
            lambda e: e["EvtType"] == "message" and e["Text"] == text, within
        )
        return line

    async def is_up_to_date(self) -> None:
        """Has heard all that was published before this call: what it says now in a room of its own
        comes by the same way, behind it."""
        fence = f"fence-{self.uid}".replace("@", "").lower()
        await self.join(fence)
        mark = secrets.token_hex(4)
        await self.say(fence, mark)
        await self.hears_text(mark)


class PlainPage(Client):
    """The plain form, as the original web chat's page speaks it."""

    async def join(self, name: str) -> None:
        """Joins; done when the page has been told who is here."""
        told = len(self.all("participant"))
        await self.tell("join", name)
        end = time.monotonic() + WITHIN_S
        while len(self.all("participant")) <= told and time.monotonic() < end:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, end - time.monotonic())):
                    await self._news.wait()
        assert len(self.all("participant")) > told, f"no list after join: {self.heard[-12:]}"

    async def say(self, message: str, user: str = "whoever", timestamp: Payload = 0) -> None:
        await self.tell(
            "chat", json.dumps({"user": user, "timestamp": timestamp, "message": message})
        )

    async def hears_text(self, text: str) -> dict[str, Any]:
        line: dict[str, Any] = await self.hears(lambda e: e["Text"] == text)
        return line

    async def sees(self, *names: str) -> str:
        """A list with exactly these names, in this order."""
        line: str = await self.hears(lambda told: told == ", ".join(names), of="participant")
        return line
