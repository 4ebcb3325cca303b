"""The crowd: the people of one process, all on one epoll. What they receive is counted, not
kept."""

import time
from collections import Counter
from collections.abc import Iterable

from scripts.load import wire
from scripts.load.connecting import Connector
from scripts.load.person import CONNECTING, JOINED, OPENING, REPLAYING, Person, Plan
from scripts.load.pool import Pool
from scripts.load.speaking import Speaker
from scripts.load.tally import TICK_US, Tally, Ticks

BUFFER_BYTES = 1 << 18
EVENTS = 512
"""Sockets that are read before the clock is read again."""
MAX_WAIT_S = 0.1
LAZY_S = 0.01


class Crowd:
    """Call `step` again and again."""

    def __init__(self, plan: Plan) -> None:
        self.pool = Pool(plan)
        self.connector = Connector(self.pool)
        self.speaker = Speaker(self.pool)
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._read_at = 0.0
        """When the sockets are read again, during a lazy speech (monotonic)."""
        self.clear()

    def clear(self) -> None:
        """Sets all counts to zero."""
        self.pool.clear()
        self._bytes = 0
        self._latency: Ticks = {}
        for person in self.pool.people:
            person.seen = 0
        self._cpu_s, self._wall_s = time.process_time(), time.monotonic()

    def read_tally(self) -> Tally:
        """Returns what was counted since the last `clear`."""
        pool, tally = self.pool, self.pool.tally
        tally.people, tally.joined = len(pool.people), pool.joined
        tally.deliveries, tally.bytes, tally.latency = pool.deliveries, self._bytes, self._latency
        tally.seen = dict(Counter(person.seen for person in pool.people))
        inspecting = (person for person in pool.people if person.inspects)
        tally.heads = dict(Counter(p.head for p in inspecting if p.head is not None))
        tally.cpu_s = time.process_time() - self._cpu_s
        tally.wall_s = time.monotonic() - self._wall_s
        tally.busiest = tally.cpu_s / max(tally.wall_s, 1e-9)
        return tally

    def add(self, numbers: Iterable[int]) -> None:
        """Adds people with these numbers, who then connect."""
        newcomers = [Person(number, self.pool.plan) for number in numbers]
        self.pool.people += newcomers
        self.connector.expect(newcomers)

    def step(self) -> list[int]:
        """Does what is due, and waits at most MAX_WAIT_S for input. Returns the ready descriptors
        that belong to no person."""
        now = time.monotonic()
        wait_s = min(self.connector.step(now), self.speaker.step(now), MAX_WAIT_S)
        others: list[int] = []
        if self.speaker.lazy and now < self._read_at:
            time.sleep(max(0.0, min(wait_s, self._read_at - now)))
            return others
        ready = self.pool.poll.poll(max(0.0, wait_s), EVENTS)
        if len(ready) < EVENTS:
            self._read_at = now + LAZY_S
        now_us = time.monotonic_ns() // 1000
        for fd, _ in ready:
            person = self.pool.by_fd.get(fd)
            if person is None:
                others.append(fd)
            elif person.polls and person.stage != CONNECTING:
                self._poll(person, now_us)
            elif person.stage >= REPLAYING and not person.inspects:
                self._count(person, now_us)
            elif person.stage >= OPENING:
                self._parse(person, self._receive(person), now_us)
            else:
                self._parse(person, self.connector.advance(person, self._buffer), now_us)
        return others

    def _poll(self, person: Person, now_us: int) -> None:
        """The socket of a person who polls is ready: handles the packets of a whole answer, and
        sends the next request."""
        body = self.connector.polling.receive(person)
        if body is None:
            return
        self._bytes += len(body)
        self._count_deliveries(person, body, len(body), now_us)
        its_socket = person.socket
        for payload in body.split(wire.SEPARATOR):
            if payload == b"2":
                self.pool.say(person, "3")
            elif person.stage == OPENING:
                self.connector.on_packet(person, payload)
            if person.socket is not its_socket:
                return  # the connection was lost, or a WebSocket takes its place
        if person.stage == REPLAYING:
            self.connector.look_for_replay(person, body, len(body))
        self.connector.polling.ask(person)

    def _receive(self, person: Person) -> int:
        """Reads a socket. Returns how many bytes of whole frames are in the buffer now."""
        partial, buffer = person.partial_frame, self._buffer
        size = len(partial)
        try:
            if size:
                buffer[:size] = partial
                got = person.receive(self._view[size:])
            else:
                got = person.receive(self._view)
        except BlockingIOError:
            return 0
        except OSError:
            got = 0
        if not got:
            self.pool.lose(person, "was closed")
            return 0
        self._bytes += got
        end = size + got
        after = wire.whole(buffer, end)
        if after < end:
            if end == BUFFER_BYTES and not after:
                self.pool.lose(person, "got a frame too large")
                return 0
            person.partial_frame = bytes(buffer[after:end])
        elif size:
            person.partial_frame = b""
        return after

    def _count(self, person: Person, now_us: int) -> None:
        """The hot path: counts messages in the bytes, without parsing the frames."""
        end = self._receive(person)
        buffer = self._buffer
        self._count_deliveries(person, buffer, end, now_us)
        if person.stage == REPLAYING:
            self.connector.look_for_replay(person, buffer, end)
        if buffer.find(wire.HEARTBEAT, 0, end) >= 0:
            self.pool.send(person, wire.HEARTBEAT_ANSWER)

    def _count_deliveries(
        self, person: Person, buffer: bytes | bytearray, end: int, now_us: int
    ) -> None:
        messages = buffer.count(wire.MESSAGE, 0, end)
        if not messages:
            return
        person.seen += messages
        self.pool.deliveries += messages
        sent = wire.sent_us(buffer, end) if person.stage == JOINED else None
        if sent is not None:
            tick = max(0, now_us - sent) // TICK_US
            self._latency[tick] = self._latency.get(tick, 0) + messages

    def _parse(self, person: Person, end: int, now_us: int) -> None:
        """Parses each frame: for people who are connecting, who speak, or whose frames are
        inspected."""
        if not end:
            return
        self._count_deliveries(person, self._buffer, end, now_us)
        for first, payload in wire.frames(self._buffer, end):
            if person.socket is None:
                return
            if person.stage == REPLAYING and not person.inspects:
                break
            if payload.startswith(wire.JOIN_ACK):
                self.connector.on_packet(person, payload)
            elif first == wire.PONG or payload.startswith(b"43"):
                self.speaker.on_answer(first, payload, now_us)
            elif payload == b"2":
                self.pool.send(person, wire.HEARTBEAT_ANSWER)
            elif payload.startswith(b'42["'):
                self._on_event(person, payload)
            elif person.stage == OPENING:
                self.connector.on_packet(person, payload)
        if person.stage == REPLAYING:
            self.connector.look_for_replay(person, self._buffer, end)

    def _on_event(self, person: Person, payload: bytes) -> None:
        name = payload[4 : payload.find(b'"', 4)].decode()
        tally, kind = self.pool.tally, name
        if name == "joined":
            self.connector.on_packet(person, payload)
        elif name == "reset":
            tally.not_recovered += 1
            person.head = None
        elif name == "chat":
            at = payload.rfind(b'"Seq":') + 6
            stop = at
            while payload[stop : stop + 1].isdigit():
                stop += 1
            seq = int(payload[at:stop] or b"0")
            if seq <= person.join_head:
                kind = "replay"
            if b'"EvtType":"leave"' in payload:
                tally.leaves += 1
            if person.head is not None and seq != person.head + 1:
                if seq <= person.head:
                    tally.repeats += 1
                else:
                    tally.holes += seq - person.head - 1
            person.head = max(seq, person.head or 0)
        size = len(payload) + (2 if len(payload) < 126 else 4)
        tally.kinds[kind] = tally.kinds.get(kind, 0) + size
