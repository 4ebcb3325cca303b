"""Virtual time, in which all calls that are due happen at once and in order."""

import heapq
from collections import deque
from collections.abc import Callable
from typing import Any

WALL = 1_800_000_000.0


class Time:
    """Time passes in `run` alone. It is a `gateway.runtime.ports.Loop`."""

    def __init__(self) -> None:
        self.now = 0.0
        self._number = 0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._soon: deque[Callable[[], None]] = deque()

    @property
    def wall(self) -> float:
        return WALL + self.now

    def time(self) -> float:
        return self.now

    def call_soon(self, call: Callable[[], None], /) -> None:
        self._soon.append(call)

    def call_later(self, delay_s: float, call: Callable[[], None], /) -> None:
        """As the loops of asyncio do, it gives an error of the call to the exception handler."""

        def guarded() -> None:
            try:
                call()
            except Exception as error:
                self.call_exception_handler({"message": "a timer failed", "exception": error})

        self.after(delay_s, guarded)

    def call_exception_handler(self, context: dict[str, Any], /) -> None:
        raise context["exception"]

    def at(self, when: float, call: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._due, (when, self._number, call))

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.at(self.now + seconds, call)

    def run(self, until: float) -> None:
        """Passes time until then, and makes all calls that are due."""
        soon, due = self._soon, self._due
        while True:
            while soon:
                soon.popleft()()
            if not due or due[0][0] > until:
                self.now = until
                return
            self.now, _, call = heapq.heappop(due)
            call()
