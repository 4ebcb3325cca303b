"""A page under node: the stock JavaScript client, driven line by line."""

import asyncio
import itertools
import json
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any, Self

from tests.support.surroundings import need_tool
from tests.system.client import WITHIN_S, Payload, Predicate

FOLDER = Path(__file__).resolve().parent
MOST_LINE_BYTES = 1 << 22


class NodePage:
    """What it heard is in `heard`: (event, last argument; with `retries` an ack's first one is an
    error or null). Options are the client's own."""

    def __init__(self, url: str, **options: Payload) -> None:
        self.heard: list[tuple[str, Payload]] = []
        self._url, self._options = url, options
        self._process: Process | None = None
        self._acks = itertools.count(1)

    async def __aenter__(self) -> Self:
        need_tool("node")
        client = FOLDER / "node_modules" / "socket.io-client"
        need_tool("socket.io-client (npm ci in tests/system)", client.is_dir())
        self._process = await asyncio.create_subprocess_exec(
            "node", "node/page.mjs", self._url, json.dumps(self._options),
            cwd=FOLDER, stdin=PIPE, stdout=PIPE, limit=MOST_LINE_BYTES,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._running
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(WITHIN_S):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()

    @property
    def _running(self) -> Process:
        assert self._process is not None, "use `async with`"
        return self._process

    async def _order(self, order: dict[str, Any]) -> None:
        stdin = self._running.stdin
        assert stdin is not None
        stdin.write(json.dumps(order).encode() + b"\n")
        await stdin.drain()

    async def emit(self, event: str, *args: Payload) -> None:
        await self._order({"emit": [event, *args]})

    async def ask(self, event: str, *args: Payload, within: float = WITHIN_S) -> Payload:
        """Emits an event and waits for its ack."""
        return await self.hears(of=await self.begin(event, *args), within=within)

    async def begin(self, event: str, *args: Payload) -> str:
        """Emits an event; returns the name of the event as which its ack will be heard."""
        number = next(self._acks)
        await self._order({"emit": [event, *args], "ack": number})
        return f"ack {number}"

    async def does(self, what: str) -> None:
        """Makes the client `disconnect`, `connect` or `lose` its connection."""
        await self._order({"do": what})

    def all(self, event: str) -> list[Payload]:
        return [payload for name, payload in self.heard if name == event]

    async def hears(
        self, wanted: Predicate = lambda _: True, within: float = WITHIN_S, of: str = "chat"
    ) -> Payload:
        """The first payload of event `of`, heard before or within this time, that is wanted."""
        stdout = self._running.stdout
        assert stdout is not None
        seen = 0
        try:
            async with asyncio.timeout(within):
                while True:
                    for event, payload in self.heard[seen:]:
                        seen += 1
                        if event == of and wanted(payload):
                            return payload
                    line = await stdout.readline()
                    assert line, f"node ended; heard last: {self.heard[-12:]}"
                    told = json.loads(line)
                    self.heard.append((told["on"], told["args"][-1] if told["args"] else None))
        except TimeoutError:
            raise AssertionError(
                f"no such {of!r} within {within} s; heard last: {self.heard[-12:]}"
            ) from None
