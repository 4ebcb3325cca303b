"""People: those of the object form, and pages of the plain one."""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Protocol

from tests.system.client import (
    WITHIN_S,
    Client,
    Payload,
    Predicate,
    eventually,
    ok,
    refusal,
)

__all__ = [
    "WITHIN_S",
    "Client",
    "Payload",
    "Person",
    "PlainPage",
    "Predicate",
    "Visit",
    "eventually",
    "ok",
    "refusal",
    "visiting",
]


class Visit(Protocol):
    """The type of the `visit` fixture."""

    def __call__(
        self, url: str, user: str | None = None, room: str | None = None, **how: Any
    ) -> Awaitable["Person"]: ...


@contextlib.asynccontextmanager
async def visiting() -> AsyncIterator[Visit]:
    """Does what the `visit` fixture does, on the event loop of the caller."""
    async with contextlib.AsyncExitStack() as stack:

        async def connect(
            url: str, user: str | None = None, room: str | None = None, **how: Any
        ) -> Person:
            person = await stack.enter_async_context(Person(url, **how))
            if room is not None:
                await person.join(room, user=user)
            return person

        yield connect


class Person(Client):
    """A person whose socket is of the object form."""

    user = uid = token = ""

    async def join(self, room: str, **more: Payload) -> dict[str, Any]:
        """Joins, and remembers uid, name and token. Arguments that are None are not sent."""
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
        """The events of a room that were heard so far, of one EvtType if it is given."""
        lines = [e for e in self.all("chat") if e["Room"] == room]
        return [e for e in lines if kind is None or e["EvtType"] == kind]

    def seqs(self, room: str) -> list[int]:
        return [event["Seq"] for event in self.lines(room)]

    async def hears_text(self, text: str, within: float = WITHIN_S) -> dict[str, Any]:
        """Waits for the message with this text."""
        line: dict[str, Any] = await self.hears(
            lambda e: e["EvtType"] == "message" and e["Text"] == text, within
        )
        return line

    async def is_up_to_date(self) -> None:
        """Waits until everything was heard that was published before this call: a message that is
        said now, in a room of its own, comes the same way behind it."""
        fence = f"fence-{self.uid}".replace("@", "").lower()
        await self.join(fence)
        mark = secrets.token_hex(4)
        await self.say(fence, mark)
        await self.hears_text(mark)


class PlainPage(Client):
    """A socket of the plain form, as the page of the original web chat uses it."""

    async def join(self, name: str) -> None:
        """Joins, and waits until the page was told who is here."""
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
        """Waits for a list with exactly these names, in this order."""
        line: str = await self.hears(lambda told: told == ", ".join(names), of="participant")
        return line
