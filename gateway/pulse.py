"""The pulse: how long one connection may be silent."""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from gateway.frames import PING, Frame


class Patient(Protocol):
    """The connection whose pulse is felt."""

    held: bool
    """Nothing is read, by our own choice."""

    @property
    def lost(self) -> bool: ...
    def put(self, sendable: Frame) -> None: ...
    def cut_off(self) -> None: ...
    def time_out(self) -> None: ...


class Pulse:
    """Pings, waits for the pong, waits for the next ping: one timer that is always set. Another one
    for a while after the start: the time for the Socket.IO CONNECT."""

    __slots__ = ("_connect", "_due", "_interval_s", "_patient", "_timeout_s", "_timer")

    def __init__(self, patient: Patient, interval_s: float, timeout_s: float) -> None:
        self._patient = patient
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._due = True
        self._connect: asyncio.TimerHandle | None = None
        # The first ping comes early by chance, so that those who came together are not pinged so.
        self._timer = _after(random.uniform(0.5, 1.0) * interval_s, self._ping)

    def pong(self) -> None:
        if not self._due:
            self._due = True
            self._timer.cancel()
            self._timer = _after(self._interval_s, self._ping)

    def await_connect(self, timeout_s: float) -> None:
        """Without `connected` within this time its connection is ended."""
        self._connect = _after(timeout_s, self._patient.time_out)

    def connected(self) -> None:
        if self._connect is not None:
            self._connect.cancel()
            self._connect = None

    def last_until(self, timeout_s: float) -> None:
        """No more pings: its connection is ended then."""
        self.stop()
        self._timer = _after(timeout_s, self._patient.time_out)

    def stop(self) -> None:
        self._timer.cancel()
        self._due = True
        self.connected()

    def _ping(self) -> None:
        self._due = False
        self._timer = _after(self._timeout_s, self._overdue)
        self._patient.put(PING)

    def _overdue(self) -> None:
        if self._patient.held and not self._patient.lost:
            # The pong may be behind what we do not read yet.
            self._timer = _after(self._timeout_s, self._overdue)
        else:
            self._patient.cut_off()


def _after(delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_s, call)
