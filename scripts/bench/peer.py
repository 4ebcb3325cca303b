"""The peer: a gateway without browsers, to measure the broker alone.

It joins people to rooms and sends messages for them, with a fixed number of unanswered commands at
a time; it receives the broadcasts of its rooms and counts them. Runs in a process of its own
(`Spawned`).
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import zmq

from common import zmq_sockets
from common.codec import decode_answer, encode
from common.messages import (
    WIRE,
    AnyAnswer,
    AnyCommand,
    Beat,
    Failed,
    Hello,
    Join,
    Said,
    Say,
    Welcome,
    events_topic,
    gateway_topic,
)
from scripts.load.tally import TICK_US, Ticks

UNDER_WAY = 500
"""The most commands that wait for their answer."""
ANSWER_S = 20.0
BEAT_S = 1.0
TURN_MS = 100


class Sayings(msgspec.Struct):
    """The result of sending messages for a while."""

    acked: int = 0
    failed: dict[str, int] = {}
    latency: Ticks = {}
    seconds: float = 0.0
    broadcasts: int = 0
    """Frames that the peer has received since its start."""
    cpu_s: float = 0.0


class Peer:
    def __init__(self, broker: str, hears: bool) -> None:
        """Connects to this endpoint. `hears`: it subscribes to the rooms of its people."""
        self._context: zmq.Context[zmq_sockets.ZmqSocket] = zmq.Context()
        self._dealer = zmq_sockets.dealer(self._context, None)
        self._sub = zmq_sockets.subscriber(self._context, None)
        self._hears = hears
        self._no = 0
        self._asked: dict[int, int] = {}
        """When each command without an answer was sent, in monotonic microseconds."""
        self._beaten = time.monotonic()
        self._people: list[tuple[str, str]] = []
        self._broadcasts = 0
        self._took_us = 0
        """Microseconds from a command to the answer that is being handled."""
        zmq_sockets.connect(self._dealer, broker)
        answers: list[AnyAnswer] = []
        gateway = secrets.token_hex(8)
        self._send(Hello(no=self._number(), wire=WIRE, gateway=gateway))
        self._until(lambda: bool(answers), answers.append)
        assert isinstance(answers[0], Welcome), answers
        zmq_sockets.connect(self._sub, zmq_sockets.events_endpoint(broker, answers[0].events))
        self._sub.subscribe(gateway_topic(gateway))

    def close(self) -> None:
        self._dealer.close(0)
        self._sub.close(0)
        self._context.term()

    def join(self, name: str, people: int, rooms: list[str]) -> int:
        """Joins so many people, distributed over the rooms. Returns how many were refused."""
        failed = 0
        for room in rooms if self._hears else ():
            self._sub.subscribe(events_topic(room))

        def heard(answer: AnyAnswer) -> None:
            nonlocal failed
            failed += isinstance(answer, Failed)

        for number in range(people):
            self._until(lambda: len(self._asked) < UNDER_WAY, heard)
            sid, room = f"{name}-{number}", rooms[number % len(rooms)]
            key = hashlib.sha256(sid.encode()).hexdigest()
            self._send(Join(no=self._number(), sid=sid, key=key, room=room, user=sid))
            self._people.append((sid, room))
        self._until(lambda: not self._asked, heard)
        return failed

    def say(self, seconds: float, under_way: int, size: int) -> Sayings:
        """People send messages in turn, as fast as the broker answers."""
        sayings = Sayings()
        began, cpu_s = time.monotonic(), time.process_time()
        run = secrets.token_hex(4)
        text = "x" * size

        def heard(answer: AnyAnswer) -> None:
            if isinstance(answer, Failed):
                sayings.failed[answer.code] = sayings.failed.get(answer.code, 0) + 1
            if not isinstance(answer, Said):
                return
            sayings.acked += 1
            tick = self._took_us // TICK_US
            sayings.latency[tick] = sayings.latency.get(tick, 0) + 1

        number = 0
        while time.monotonic() < began + seconds:
            self._until(lambda: len(self._asked) < under_way, heard)
            while len(self._asked) < under_way:
                sid, room = self._people[number % len(self._people)]
                number += 1
                no = self._number()
                self._send(Say(no=no, sid=sid, room=room, text=text, id=f"{run}-{no}"))
        self._until(lambda: not self._asked, heard)
        sayings.seconds = time.monotonic() - began
        sayings.broadcasts = self._broadcasts
        sayings.cpu_s = time.process_time() - cpu_s
        return sayings

    def beat(self) -> None:
        """Keeps the lease, and counts the frames that arrive."""
        if time.monotonic() - self._beaten > BEAT_S:
            self._beaten = time.monotonic()
            self._send(Beat(no=self._number()))
        self._receive_all(lambda _: None)

    def _number(self) -> int:
        self._no += 1
        return self._no

    def _send(self, command: AnyCommand) -> None:
        self._asked[command.no] = time.monotonic_ns() // 1000
        self._dealer.send(encode(command))

    def _until(self, true: Callable[[], bool], heard: Callable[[AnyAnswer], None]) -> None:
        """Receives until the condition holds. Raises TimeoutError if nothing arrives."""
        while not true():
            if not self._receive_all(heard) and not self._dealer.poll(int(ANSWER_S * 1000)):
                raise TimeoutError("the broker does not answer")

    def _receive_all(self, heard: Callable[[AnyAnswer], None]) -> int:
        """Every frame that has arrived."""
        count = 0
        try:
            while True:
                frame = self._dealer.recv(zmq.NOBLOCK)
                count += 1
                answer = decode_answer(frame)
                now_us = time.monotonic_ns() // 1000
                self._took_us = now_us - self._asked.pop(answer.no, now_us)
                heard(answer)
        except zmq.Again:
            pass
        try:
            while True:
                self._sub.recv_multipart(zmq.NOBLOCK)
                self._broadcasts += 1
        except zmq.Again:
            return count


def run(pipe: Connection) -> None:
    """Runs in a process of its own, which ends when the other end of the pipe is closed."""
    peer: Peer | None = None
    try:
        while True:
            while not pipe.poll(TURN_MS / 1000):
                if peer is not None:
                    peer.beat()
            try:
                what, arguments = pipe.recv()
            except (EOFError, OSError):
                return
            answer: Any = None
            match what:
                case "come":
                    peer = Peer(*arguments)
                case "join" if peer is not None:
                    answer = peer.join(*arguments)
                case "say" if peer is not None:
                    answer = peer.say(*arguments)
            pipe.send(answer)
    finally:
        if peer is not None:
            peer.close()
