"""The speaker: sends messages and other requests for people of a crowd, and measures the
answers."""

import json
import time

from msgspec import Struct

from scripts.load import wire
from scripts.load.person import JOINED
from scripts.load.pool import Pool
from scripts.load.tally import TICK_US

LONGEST_WAIT_S = 2.0
"""With `one_by_one`, the next message is sent after this time at the latest."""


class Speech(Struct, frozen=True):
    """Requests at a steady rate, by some people in turn."""

    rate: float
    """Requests a second, of all speakers together."""
    seconds: float
    speakers: int = 1
    size: int = 40
    """Characters of a message."""
    requests: tuple[str, ...] = ("chat",)
    """The kinds in turn: `chat`, `participants`, or `ping` (of the WebSocket)."""
    one_by_one: bool = False
    """The next request waits until all people of this process have received the last message."""
    lazy: bool = False
    """During the speech this process reads its sockets only a hundred times a second: that costs
    less CPU, and a message may be counted 10 ms late."""


class Speaker:
    """Sends requests for people of a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._speech: Speech | None = None
        self._began = 0.0
        """The start of the schedule. Moved on after a wait of `one_by_one`, so that no requests
        are due at once after it."""
        self._end = 0.0
        self._count = 0
        """Requests of this speech so far."""
        self._last = 0.0
        self._number = 0
        self._asked: dict[int, tuple[str, int]] = {}

    @property
    def speaking(self) -> bool:
        return self._speech is not None

    @property
    def lazy(self) -> bool:
        return self._speech is not None and self._speech.lazy

    @property
    def unanswered(self) -> int:
        return len(self._asked)

    def begin(self, speech: Speech) -> None:
        self._speech = speech
        self._began = self._last = time.monotonic()
        self._end = self._began + speech.seconds
        self._count = 0
        for person in self._pool.people[: speech.speakers]:
            person.inspects = True

    def end(self) -> None:
        self._speech = None

    def step(self, now: float) -> float:
        """Sends what is due. Returns the seconds until the next call is due."""
        speech = self._speech
        if speech is None:
            return 1.0
        while True:
            if now >= self._end:
                self._speech = None
                return 1.0
            due = self._began + self._count / speech.rate
            if due > now:
                return due - now
            if speech.one_by_one:
                if self._awaits_deliveries() and now < self._last + LONGEST_WAIT_S:
                    return LONGEST_WAIT_S
                self._began = max(self._began, now - self._count / speech.rate)
            self._send_request(speech)
            self._last = now
            self._count += 1

    def _awaits_deliveries(self) -> bool:
        pool = self._pool
        return pool.deliveries < pool.tally.sent * pool.joined

    def _send_request(self, speech: Speech) -> None:
        pool = self._pool
        person = pool.people[self._count % min(speech.speakers, len(pool.people))]
        what = speech.requests[self._count % len(speech.requests)]
        self._number += 1
        now_us = time.monotonic_ns() // 1000
        if person.stage != JOINED:
            pool.tally.refused["away"] = pool.tally.refused.get("away", 0) + 1
            return
        room = pool.plan.room
        if what == "ping":
            data = wire.frame(str(self._number), wire.PING)
        elif what == "participants":
            data = wire.event(what, {"room": room}, self._number)
        else:
            message = {"room": room, "message": wire.text(now_us, speech.size)}
            data = wire.event(what, message, self._number)
        if pool.send(person, data):
            self._asked[self._number] = (what, now_us)
            pool.tally.sent += what == "chat"

    def on_answer(self, first: int, payload: bytes, now_us: int) -> None:
        """Counts an ack or a pong."""
        if first == wire.PONG:
            number, failed = int(payload), False
        else:
            digits = payload[2 : payload.find(b"[")]
            number, failed = int(digits), b'"ok":false' in payload
        what, asked_us = self._asked.pop(number, ("", 0))
        tally = self._pool.tally
        if failed:
            code = json.loads(payload[2 + len(digits) :])[0]["error"]["code"]
            tally.refused[code] = tally.refused.get(code, 0) + 1
            tally.sent -= what == "chat"
        elif what:
            tally.acked += what == "chat"
            ticks = tally.acks.setdefault(what, {})
            tick = (now_us - asked_us) // TICK_US
            ticks[tick] = ticks.get(tick, 0) + 1
