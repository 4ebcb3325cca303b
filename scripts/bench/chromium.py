"""Debian's chromium with the page of Hubbub, and what it measures: frames, bytes, nodes, heap."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scripts.load.spawned import LoadError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
WITHIN_MS = 60_000.0
LATENCY_MS, BYTES_PER_S = 400, 50_000
"""Slow 3G as in Chrome's developer tools: 400 kbit/s, and the time of a round trip."""
SLOW_CPU = 4
KNOWN = """localStorage["hubbub.name"] = JSON.stringify("bench")"""
"""The page of a person who has a name already: it does not ask for one."""
JOINED = "() => document.querySelector('#status').dataset.link === 'up'"
FRAMES = """ms => new Promise(done => {
  const times = [];
  const end = performance.now() + ms;
  let last = null;
  requestAnimationFrame(function frame(now) {
    if (last !== null) times.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else done(times);
  });
})"""


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Raises LoadError if chromium is not installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise LoadError("playwright is missing: ./scripts/setup --dev installs it") from None
    path = shutil.which("chromium")
    if path is None:
        raise LoadError("chromium is missing: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Tab:
    """One page. A tab that is `beside` another one shares its cache and storage."""

    def __init__(self, browser: "Browser", url: str, beside: "Tab | None" = None) -> None:
        self.context: BrowserContext = (
            beside.context
            if beside
            else browser.new_context(viewport={"width": 1280, "height": 800})
        )
        self.page: Page = self.context.new_page()
        self.page.add_init_script(KNOWN)
        self._url = url
        self._session = self.context.new_cdp_session(self.page)
        self.requests: list[str] = []
        """Addresses of everything that was loaded over the network, WebSockets included."""
        self.bytes = 0
        """Bytes of the answers, with their headers."""
        self._cached: set[str] = set()

    def slow_down(self) -> None:
        """The network of an old phone, and its processor."""
        self._ask("Network.enable")
        self._ask(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=LATENCY_MS,
            downloadThroughput=BYTES_PER_S,
            uploadThroughput=BYTES_PER_S,
        )
        self._ask("Emulation.setCPUThrottlingRate", rate=SLOW_CPU)

    def count(self) -> None:
        """Counts what is loaded over the network from now on."""
        self._ask("Network.enable")
        on = self._session.on

        def answered(event: dict[str, Any]) -> None:
            from_disk = event["response"].get("fromDiskCache", False)
            if not from_disk and event["requestId"] not in self._cached:
                self.requests.append(event["response"]["url"])

        def finished(event: dict[str, Any]) -> None:
            self.bytes += event["encodedDataLength"]

        on("Network.requestServedFromCache", lambda event: self._cached.add(event["requestId"]))
        on("Network.responseReceived", answered)
        on("Network.loadingFinished", finished)
        on("Network.webSocketCreated", lambda event: self.requests.append(event["url"]))

    def open(self) -> float:
        """Seconds until the page has joined its room."""
        self.page.goto(self._url, wait_until="commit", timeout=WITHIN_MS)
        self.page.wait_for_function(JOINED, timeout=WITHIN_MS)
        now: float = self.page.evaluate("performance.now()")
        return now / 1e3

    def frames_ms(self, seconds: float) -> list[float]:
        """Milliseconds of each frame, for so many seconds from now on."""
        times: list[float] = self.page.evaluate(FRAMES, seconds * 1e3)
        return times

    def nodes(self) -> int:
        """Child nodes of the timeline: its rows, and the nodes that lit puts between them."""
        return int(self.page.evaluate("document.querySelector('#timeline').childNodes.length"))

    def rows(self) -> int:
        return int(self.page.evaluate("document.querySelectorAll('#timeline [data-seq]').length"))

    def heap_mb(self) -> float:
        """Bytes of the JavaScript heap, after a garbage collection."""
        self._ask("HeapProfiler.collectGarbage")
        return float(self._ask("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def close(self) -> None:
        self.page.close()

    def _ask(self, method: str, **parameters: Any) -> Any:
        return self._session.send(method, parameters)
