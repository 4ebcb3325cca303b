"""The heartbeat: how long one connection may be silent before it is ended."""

import random
from typing import Protocol

from gateway.protocol.frames import PING, Frame
from gateway.runtime.timer_wheel import TimerWheel


class HeartbeatOwner(Protocol):
    """The connection that is watched."""

    @property
    def paused(self) -> bool:
        """We chose to read nothing from the browser."""

    def put(self, sendable: Frame) -> None: ...
    def cut_off(self) -> None: ...
    def hang_up(self) -> None: ...


class HeartbeatTimes:
    """Times in seconds, the same for all connections, and the timer wheel that measures them."""

    def __init__(
        self, wheel: TimerWheel, interval_s: float, timeout_s: float, connect_s: float
    ) -> None:
        self.wheel = wheel
        self.interval_s = interval_s
        """Between a pong and the next ping."""
        self.timeout_s = timeout_s
        """Between a ping and its pong, at most."""
        self.connect_s = connect_s
        """Between the handshake and the Socket.IO CONNECT, at most."""


class Heartbeat:
    """Sends pings and ends the connection if a pong does not come in time (Engine.IO 4 protocol,
    "Heartbeat"). A deadline runs beside it until `connected`: the Socket.IO CONNECT has to come in
    time, whatever else the browser sends."""

    __slots__ = ("_deadline", "_owner", "_pinged", "_times", "tick")

    def __init__(self, owner: HeartbeatOwner, times: HeartbeatTimes) -> None:
        self._owner: HeartbeatOwner | None = owner
        self._times = times
        self._pinged = False
        """A ping was sent and its pong has not come."""
        self._deadline: _Deadline | None = None
        self.tick = 0
        # The first ping is early by a random time: browsers that came together are not all pinged
        # together.
        times.wheel.set(self, random.uniform(0.5, 1.0) * times.interval_s)
        self.await_connect()

    def pong(self) -> None:
        """A pong has come."""
        if self._pinged and self._owner is not None:
            self._pinged = False
            self._times.wheel.set(self, self._times.interval_s)

    def await_connect(self) -> None:
        """The connection is ended unless `connected` is called within `connect_s`."""
        if self._owner is not None:
            self._deadline = _Deadline(self._owner)
            self._times.wheel.set(self._deadline, self._times.connect_s)

    def connected(self) -> None:
        """The Socket.IO CONNECT has come."""
        if self._deadline is not None:
            self._times.wheel.cancel(self._deadline)
            self._deadline = None

    def end_after(self, timeout_s: float) -> None:
        """Sends no more pings, and ends the connection after this time."""
        owner = self._owner
        self.stop()
        if owner is not None:
            self._deadline = _Deadline(owner)
            self._times.wheel.set(self._deadline, timeout_s)

    def stop(self) -> None:
        """Does nothing more, except at a later `end_after`."""
        self._times.wheel.cancel(self)
        self.connected()
        self._owner = None

    def due(self) -> None:
        """(timer_wheel.Timed)"""
        if self._owner is None:
            return
        if not self._pinged:
            self._pinged = True
            self._times.wheel.set(self, self._times.timeout_s)
            self._owner.put(PING)
        elif self._owner.paused:
            # The pong may stand behind packets that we have not read.
            self._times.wheel.set(self, self._times.timeout_s)
        else:
            self._owner.cut_off()


class _Deadline:
    """Ends its connection when it is due."""

    __slots__ = ("_owner", "tick")

    def __init__(self, owner: HeartbeatOwner) -> None:
        self._owner = owner
        self.tick = 0

    def due(self) -> None:
        self._owner.hang_up()
