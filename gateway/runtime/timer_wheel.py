"""The timer wheel: thousands of timers, most of which are set anew before they are due.

The event loop's own timers keep a context each, and cancelled ones stay on its heap for a while.
"""

import asyncio
from typing import Protocol

from gateway.runtime.ports import report_fault

TICK_S = 0.25
"""Seconds between two ticks of an idle gateway: of its heartbeats, its link and its maintenance.
Each sets a timer of its own, so that none has to know the others, and `next_tick` makes the timers
due together: the process wakes up once a tick, which costs far more than two timers do."""


def next_tick(now: float, tick_s: float = TICK_S) -> float:
    """When the next tick of this length begins (monotonic seconds). All timers with ticks of one
    length are due together."""
    return (now // tick_s + 1) * tick_s


class Timer(Protocol):
    tick: int
    """The tick in which it is due; only the wheel writes it. 0 if no timer is set, as at first."""

    def due(self) -> None:
        """Its time has passed."""


class TimerWheel:
    """One timer for each Timed, exact to a tick and never early. Call `stop` at the end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tick_s: float) -> None:
        self._loop = loop
        self._tick_s = tick_s
        self._began = next_tick(loop.time(), tick_s) - tick_s
        self._now = 0
        """The last tick that is done."""
        self._due: dict[int, dict[Timer, None]] = {}
        """By tick."""
        self._timer = loop.call_at(self._began + tick_s, self._run)

    def set(self, timed: Timer, delay_s: float) -> None:
        """Calls `timed.due` once after this time, unless it is set or cancelled before."""
        self.cancel(timed)
        passed = (self._loop.time() - self._began + delay_s) / self._tick_s
        timed.tick = max(self._now, int(passed)) + 1
        self._due.setdefault(timed.tick, {})[timed] = None

    def cancel(self, timed: Timer) -> None:
        due = self._due.get(timed.tick)
        if due is not None:
            due.pop(timed, None)
        timed.tick = 0

    def stop(self) -> None:
        self._timer.cancel()

    def _run(self) -> None:
        last = int((self._loop.time() - self._began) / self._tick_s)
        self._timer = self._loop.call_at(self._began + (last + 1) * self._tick_s, self._run)
        while self._now < last:
            self._now += 1
            for timed in self._due.pop(self._now, ()):
                if timed.tick == self._now:  # the ones before did not cancel or set it
                    self._call(timed)

    def _call(self, timed: Timer) -> None:
        """An error in one timer does not keep the others from being called."""
        try:
            timed.due()
        except Exception as error:
            report_fault(self._loop, "a timer failed", error)
