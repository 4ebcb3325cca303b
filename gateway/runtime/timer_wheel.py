"""The wheel: timers by the tick. Thousands of them, most of which are set anew before they are due.

The loop's own timers keep a context each, and cancelled ones stay on its heap for a while.
"""

import asyncio
from typing import Protocol

from gateway.runtime.ports import tell_fault


def next_tick(now: float, tick_s: float) -> float:
    """When a tick of this length is due next: all who tick alike wake the process once together,
    which costs an idle one more than what they do."""
    return (now // tick_s + 1) * tick_s


class Timed(Protocol):
    tick: int
    """Where on the wheel it is; the wheel's own. 0 at first."""

    def due(self) -> None: ...


class TimerWheel:
    """One timer for each Timed. Exact to a tick, never early. To be stopped."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tick_s: float) -> None:
        self._loop = loop
        self._tick_s = tick_s
        self._began = next_tick(loop.time(), tick_s) - tick_s
        self._now = 0
        self._due: dict[int, dict[Timed, None]] = {}
        self._turning = loop.call_at(self._began + tick_s, self._turn)

    def set(self, one: Timed, delay_s: float) -> None:
        """Calls it once after this time, unless it is set again before."""
        self.cancel(one)
        passed = (self._loop.time() - self._began + delay_s) / self._tick_s
        one.tick = max(self._now, int(passed)) + 1
        self._due.setdefault(one.tick, {})[one] = None

    def cancel(self, one: Timed) -> None:
        some = self._due.get(one.tick)
        if some is not None:
            some.pop(one, None)
        one.tick = 0

    def stop(self) -> None:
        self._turning.cancel()

    def _turn(self) -> None:
        upto = int((self._loop.time() - self._began) / self._tick_s)
        self._turning = self._loop.call_at(self._began + (upto + 1) * self._tick_s, self._turn)
        while self._now < upto:
            self._now += 1
            for one in self._due.pop(self._now, ()):
                if one.tick == self._now:  # another one did not just cancel or set it
                    self._call(one)

    def _call(self, one: Timed) -> None:
        """A fault of one costs no other its time."""
        try:
            one.due()
        except Exception as error:
            tell_fault(self._loop, "a timer failed", error)
