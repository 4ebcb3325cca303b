"""The pulse: how long one connection may be silent."""

import random
from typing import Protocol

from gateway.protocol.frames import PING, Frame
from gateway.runtime.timer_wheel import TimerWheel


class HeartbeatOwner(Protocol):
    """The connection whose pulse is felt."""

    @property
    def held(self) -> bool:
        """Nothing is read, by our own choice."""

    def put(self, sendable: Frame) -> None: ...
    def cut_off(self) -> None: ...
    def hang_up(self) -> None: ...


class HeartbeatTimes:
    """Seconds, the same for all connections, and the wheel that they are on."""

    def __init__(
        self, wheel: TimerWheel, interval_s: float, timeout_s: float, connect_s: float
    ) -> None:
        self.wheel = wheel
        self.interval_s = interval_s
        self.timeout_s = timeout_s
        self.connect_s = connect_s


class Heartbeat:
    """Pings, waits for the pong, waits for the next ping. A deadline beside it, until `connected`:
    the Socket.IO CONNECT has to come in time, whatever is ponged."""

    __slots__ = ("_deadline", "_limits", "_patient", "_pinged", "tick")

    def __init__(self, patient: HeartbeatOwner, limits: HeartbeatTimes) -> None:
        self._patient: HeartbeatOwner | None = patient
        self._limits = limits
        self._pinged = False
        self._deadline: _Deadline | None = None
        self.tick = 0
        # The first ping comes early by chance, so that those who came together are not pinged so.
        limits.wheel.set(self, random.uniform(0.5, 1.0) * limits.interval_s)
        self.await_connect()

    def pong(self) -> None:
        if self._pinged and self._patient is not None:
            self._pinged = False
            self._limits.wheel.set(self, self._limits.interval_s)

    def await_connect(self) -> None:
        """Without `connected` in time its connection is ended."""
        if self._patient is not None:
            self._deadline = _Deadline(self._patient)
            self._limits.wheel.set(self._deadline, self._limits.connect_s)

    def connected(self) -> None:
        if self._deadline is not None:
            self._limits.wheel.cancel(self._deadline)
            self._deadline = None

    def last_until(self, timeout_s: float) -> None:
        """No more pings: its connection is ended then."""
        patient = self._patient
        self.stop()
        if patient is not None:
            self._deadline = _Deadline(patient)
            self._limits.wheel.set(self._deadline, timeout_s)

    def stop(self) -> None:
        """For good, but for what `last_until` sets."""
        self._limits.wheel.cancel(self)
        self.connected()
        self._patient = None

    def due(self) -> None:
        """For the wheel."""
        if self._patient is None:
            return
        if not self._pinged:
            self._pinged = True
            self._limits.wheel.set(self, self._limits.timeout_s)
            self._patient.put(PING)
        elif self._patient.held:
            # The pong may be behind what we do not read yet.
            self._limits.wheel.set(self, self._limits.timeout_s)
        else:
            self._patient.cut_off()


class _Deadline:
    """Ends its connection when it is due."""

    __slots__ = ("_patient", "tick")

    def __init__(self, patient: HeartbeatOwner) -> None:
        self._patient = patient
        self.tick = 0

    def due(self) -> None:
        self._patient.hang_up()
