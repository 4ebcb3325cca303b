"""The connector: connects the people of a crowd, a few at a time, and again after a loss."""

import errno
import heapq
import json
import os
import socket
import time
from collections import deque
from collections.abc import Iterable
from select import EPOLLIN, EPOLLOUT
from typing import Any
from urllib.parse import urlsplit

from scripts.load import wire
from scripts.load.person import (
    CONNECTING,
    JOINED,
    OPENING,
    REPLAYING,
    UPGRADING,
    Person,
    source,
    token,
    user,
)
from scripts.load.polling import Polling
from scripts.load.pool import Pool
from scripts.load.tally import TICK_US

RETRY_S = 0.2
"""The pause before a person who could not join tries again."""
HEAD_BYTES = 1 << 16
BIND_ADDRESS_NO_PORT = 24
"""A socket option of Linux: the port is chosen at connect, so that connections to several
destinations can share it."""


class Connector:
    """Connects the people of a pool, until each has joined the room."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.polling = Polling(pool)
        self._waiting: deque[Person] = deque()
        self._later: list[tuple[float, int, Person]] = []
        self._connecting = 0
        self._next_at = 0.0
        parts = [urlsplit(url) for url in pool.plan.urls]
        self._addresses = [(part.hostname or "", part.port or 80) for part in parts]
        self._authorities = [part.netloc for part in parts]
        self._requests = [wire.upgrade(part.netloc) for part in parts]

    def expect(self, people: Iterable[Person]) -> None:
        if not self._waiting:
            self._next_at = max(self._next_at, time.monotonic())
        self._waiting.extend(people)

    def _wait(self, person: Person, wait_s: float) -> None:
        heapq.heappush(self._later, (time.monotonic() + wait_s, person.number, person))

    def step(self, now: float) -> float:
        """Begins the connections that are due. Returns the seconds until the next call is due."""
        plan = self._pool.plan
        for person, had_joined in self._pool.take_lost():
            if had_joined:
                self._waiting.append(person)
            else:
                self._connecting -= 1
                self._wait(person, RETRY_S)
        while self._later and self._later[0][0] <= now:
            self._waiting.append(heapq.heappop(self._later)[2])
        while self._waiting and self._connecting < plan.at_once and self._next_at <= now:
            person, due_at = self._waiting.popleft(), now
            if plan.per_second:
                due_at = max(self._next_at, now - 1)
                self._next_at = due_at + 1 / plan.per_second
            if person.due_at is None:
                person.due_at = due_at
            self._connecting += 1
            self._connect(person)
        if self._waiting and self._connecting < plan.at_once:
            return self._next_at - now
        return self._later[0][0] - now if self._later else 1.0

    def _connect(self, person: Person) -> None:
        pool = self._pool
        host, port = self._addresses[person.gateway_index % len(self._addresses)]
        new = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        new.setblocking(False)
        person.socket, person.fd, person.receive = new, new.fileno(), new.recv_into
        person.polls = pool.plan.transport != "websocket" and not person.sid
        pool.by_fd[person.fd] = person
        try:
            new.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if pool.plan.sources > 1 and host.startswith("127."):
                new.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
                new.bind((source(person.number, pool.plan.sources), 0))
            failed = new.connect_ex((host, port))
            if failed in (0, errno.EINPROGRESS):
                self._send_first_request(person, new)  # on loopback, it is connected by now
                pool.poll.register(person.fd, EPOLLIN)
            else:
                self._fail(person, failed)
        except BlockingIOError:
            pool.poll.register(person.fd, EPOLLOUT)
        except OSError as error:
            self._fail(person, error.errno or errno.EIO)

    def advance(self, person: Person, buffer: bytearray) -> int:
        """The socket of a person who is connecting is ready. Returns how many bytes of whole
        frames are in the buffer now."""
        its_socket = person.socket
        assert its_socket is not None, "a person without a socket is never ready"
        try:
            if person.stage == CONNECTING:
                self._send_first_request(person, its_socket)
                self._pool.poll.modify(person.fd, EPOLLIN)
                return 0
            answer = person.partial_frame + its_socket.recv(HEAD_BYTES)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._fail(person, error.errno or errno.EIO)
            return 0
        if len(answer) == len(person.partial_frame) or len(answer) > HEAD_BYTES:
            self._pool.lose(person, "was closed before the upgrade")
            return 0
        person.partial_frame = answer
        head, end, rest = answer.partition(b"\r\n\r\n")
        if head[:13] != b"HTTP/1.1 101 " and end:
            self._pool.lose(person, "was answered " + head.partition(b"\r\n")[0].decode("latin-1"))
        elif end:
            person.stage = OPENING
            if person.sid:
                self._pool.say(person, "2probe")
            buffer[: len(rest)] = rest
            whole = wire.whole(buffer, len(rest))
            person.partial_frame = rest[whole:]
            return whole
        return 0

    def _send_first_request(self, person: Person, its_socket: socket.socket) -> None:
        """Raises BlockingIOError while the connection is not made, and another OSError if it cannot
        be."""
        gateway = person.gateway_index % len(self._requests)
        if person.polls:
            its_socket.send(self.polling.request(person))
            person.stage = OPENING
        elif person.sid:
            its_socket.send(wire.upgrade(self._authorities[gateway], person.sid))
            person.stage = UPGRADING
        else:
            its_socket.send(self._requests[gateway])
            person.stage = UPGRADING

    def _fail(self, person: Person, number: int) -> None:
        if self._pool.plan.reconnects:
            person.gateway_index += 1
        self._pool.lose(person, "could not connect: " + os.strerror(number))

    # --- packets ---------------------------------------------------------------------------------

    def on_packet(self, person: Person, payload: bytes) -> None:
        """Handles a packet to a person who has not joined yet."""
        plan = self._pool.plan
        if payload.startswith(b"0") and plan.transport == "websocket":
            self._send_connect(person)
        elif payload.startswith(b"0"):
            self._on_session(person, json.loads(payload[1:])["sid"])
        elif payload == b"3probe":
            self._pool.say(person, "5")
            self._send_connect(person)
        elif payload.startswith(b"40") and plan.join_by_event:
            self._pool.say(person, wire.packet("join", self._join(person), 0))
        elif payload.startswith(b"40") and not plan.room:
            self._on_in_room(person)
        elif payload.startswith(b"44"):
            self._pool.lose(person, "was refused: " + payload[:80].decode(errors="replace"))
        elif payload.startswith(b'42["joined",'):
            self._on_joined(person, json.loads(payload[2:])[1])
        elif payload.startswith(wire.JOIN_ACK):
            self._on_joined(person, json.loads(payload[3:])[0])

    def _send_connect(self, person: Person) -> None:
        auth = {} if self._pool.plan.join_by_event else self._auth(person)
        self._pool.say(person, "40" + json.dumps(auth))

    def _on_session(self, person: Person, sid: str) -> None:
        """A session was opened by polling."""
        if self._pool.plan.transport == "upgrade":
            self._pool.close(person)
            person.sid = sid
            self._connect(person)
        else:
            person.sid = sid
            self._send_connect(person)

    def _auth(self, person: Person) -> dict[str, Any]:
        if not self._pool.plan.room:
            return {}
        return {**self._identity(person), "join": [self._room(person)]}

    def _join(self, person: Person) -> dict[str, Any]:
        return {**self._identity(person), **self._room(person)}

    def _identity(self, person: Person) -> dict[str, Any]:
        plan = self._pool.plan
        return {"token": token(plan, person.number), "user": user(plan, person.number)}

    def _room(self, person: Person) -> dict[str, Any]:
        room: dict[str, Any] = {"room": self._pool.plan.room}
        if person.epoch:
            seq = person.join_head if person.head is None else person.head
            room["since"] = {"Epoch": person.epoch, "Seq": seq}
        return room

    def _on_joined(self, person: Person, ack: dict[str, Any]) -> None:
        if not ack["ok"]:
            self._pool.lose(person, f"could not join: {ack['error']['code']}")
            return
        tally = self._pool.tally
        tally.count = ack.get("count", 0)
        if not ack.get("recovered"):
            tally.not_recovered += bool(person.epoch)
            person.head = None
        person.epoch, person.join_head = ack.get("epoch", ""), ack.get("seq", 0)
        if self._pool.plan.awaits_replay and person.join_head > (person.head or 0):
            person.stage = REPLAYING
        else:
            self._on_in_room(person)

    def look_for_replay(self, person: Person, buffer: bytes | bytearray, end: int) -> None:
        """The person is REPLAYING: these bytes may have the last event of the replay."""
        if wire.holds_seq(buffer, end, person.join_head):
            self._on_in_room(person)

    def _on_in_room(self, person: Person) -> None:
        self._connecting -= 1
        person.stage = JOINED
        self._pool.joined += 1
        now, tally = time.monotonic(), self._pool.tally
        assert person.due_at is not None, "it was set when the connection was begun"
        tick = int((now - person.due_at) * 1e6) // TICK_US
        tally.joins[tick] = tally.joins.get(tick, 0) + 1
        tally.last_join_at = now
        person.due_at = None
