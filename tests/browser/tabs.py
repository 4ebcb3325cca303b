"""Real tabs of one browser: one is shown, the others are hidden. By the devtools protocol, since
Playwright's pages all believe that they are shown."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.surroundings import need_tool
from tests.system.client import eventually

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]


class Tab:
    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self._line = line
        self._numbers = count(1)

    async def ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        await self._line.send_json({"id": number, "method": method, "params": parameters})
        while (answer := await self._line.receive_json()).get("id") != number:
            pass  # an event
        assert "error" not in answer, answer
        return answer["result"]

    async def run(self, script: str) -> Any:
        answer = await self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def has(self, script: str, value: object) -> None:
        """Waits until the script has this value."""

        seen: list[Any] = [None]

        async def check() -> Any:
            seen[0] = await self.run(script)
            return seen[0] == value

        try:
            await eventually(check, f"{script} is {value!r}")
        except AssertionError as error:
            error.add_note(f"it is {seen[0]!r}")
            raise

    async def show(self) -> None:
        await self.ask("Page.bringToFront")


class Tabs:
    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address
        self._lines: list[aiohttp.ClientWebSocketResponse] = []

    async def open(self, url: str) -> Tab:
        async with self._http.put(f"{self._address}/json/new?about:blank") as answer:
            told = await answer.json(content_type=None)
        line = await self._http.ws_connect(told["webSocketDebuggerUrl"], max_msg_size=0)
        self._lines.append(line)
        tab = Tab(line)
        await tab.ask("Page.navigate", url=url)
        return tab

    async def close(self) -> None:
        for line in self._lines:
            await line.close()


@asynccontextmanager
async def real_tabs(folder: Path) -> AsyncIterator[Tabs]:
    """The system's chromium with its profile in `folder`."""
    need_tool("chromium")
    path = shutil.which("chromium")
    assert path is not None
    browser = await asyncio.create_subprocess_exec(
        path,
        *ARGUMENTS,
        f"--user-data-dir={folder}",
        "--remote-debugging-port=0",
        "about:blank",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        told = folder / "DevToolsActivePort"

        async def port() -> str:
            return told.read_text().partition("\n")[0] if told.exists() else ""

        address = f"http://127.0.0.1:{await eventually(port, 'the browser tells its port')}"
        async with aiohttp.ClientSession() as http:
            tabs = Tabs(http, address)
            try:
                yield tabs
            finally:
                await tabs.close()
    finally:
        browser.terminate()
        await browser.wait()
