"""The airwaves: between the broker's broadcasts and its gateways, frames are dropped, repeated and
overtaken, as drawn from a seed."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

import zmq

from common.codec import decode_broadcast

TURN_MS = 5
LATE_S = 0.15

Frames = list[bytes]


class Airwaves:
    """A proxy at `port`: subscribes at the broker what gateways subscribe here. It harms a share of
    all frames, and drops those for which `jammed(topic, kind)` is true. `counts` has how many."""

    def __init__(self, port: int, target: int, seed: int = 0) -> None:
        self.port, self.target = port, target
        self.drop = self.repeat = self.late = 0.0
        self.jammed: Callable[[str, str], bool] = lambda *_: False
        self.counts: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._waiting: list[tuple[float, Frames]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="airwaves")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def clear(self) -> None:
        """From now on all frames come through."""
        self.drop = self.repeat = self.late = 0.0
        self.jammed = lambda *_: False

    def _run(self) -> None:
        with (
            zmq.Context() as context,
            context.socket(zmq.XSUB) as above,
            context.socket(zmq.XPUB) as below,
        ):
            for socket in (above, below):
                socket.sndhwm = socket.rcvhwm = socket.linger = 0
            above.connect(f"tcp://127.0.0.1:{self.target}")
            below.bind(f"tcp://127.0.0.1:{self.port}")
            poller = zmq.Poller()
            poller.register(above, zmq.POLLIN)
            poller.register(below, zmq.POLLIN)
            while not self._stop.is_set():
                ready = dict(poller.poll(TURN_MS))
                if below in ready:
                    above.send(below.recv())
                if above in ready:
                    self._pass(above.recv_multipart(), below)
                self._release(below)

    def _pass(self, frames: Frames, below: Any) -> None:
        kind = type(decode_broadcast(frames[1])).__name__
        if self.jammed(frames[0].decode(), kind) or self._dice.random() < self.drop:
            self.counts[f"dropped {kind}"] += 1
            return
        if self._dice.random() < self.late:
            self.counts[f"late {kind}"] += 1
            self._waiting.append((time.monotonic() + self._dice.uniform(0, LATE_S), frames))
            return
        below.send_multipart(frames)
        if self._dice.random() < self.repeat:
            self.counts[f"repeated {kind}"] += 1
            self._waiting.append((time.monotonic() + self._dice.uniform(0, LATE_S), frames))

    def _release(self, below: Any) -> None:
        now = time.monotonic()
        for at, frames in self._waiting:
            if at <= now:
                below.send_multipart(frames)
        self._waiting = [(at, frames) for at, frames in self._waiting if at > now]
