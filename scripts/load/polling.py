"""Long polling: one HTTP request after the other, all on one connection of a person."""

import os
from urllib.parse import urlsplit

from scripts.load import wire
from scripts.load.person import Person
from scripts.load.pool import Pool

READ_BYTES = 1 << 18


class Polling:
    """Speaks HTTP for the people of a pool whose packets do not travel by WebSocket."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._authorities = [urlsplit(url).netloc for url in pool.plan.urls]

    def ask(self, person: Person) -> None:
        """Sends the next request."""
        self._pool.send(person, self.request(person))

    def request(self, person: Person) -> bytes:
        """The next request: it posts what the person has to say; otherwise it asks for packets."""
        authority = self._authorities[person.gateway_index % len(self._authorities)]
        if not person.outbox:
            return wire.get(authority, person.sid)
        body = wire.SEPARATOR.decode().join(person.outbox)
        person.outbox.clear()
        return wire.post(authority, person.sid, body)

    def receive(self, person: Person) -> bytes | None:
        """The socket of a person is ready. Returns the body of the answer if it is whole now."""
        try:
            assert person.socket is not None, "a person without a socket is never ready"
            got = person.socket.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            self._pool.lose(person, os.strerror(error.errno or 0))
            return None
        answer = person.partial_frame + got
        head, end, body = answer.partition(b"\r\n\r\n")
        if not got:
            self._pool.lose(person, "was closed")
        elif end and head[:13] != b"HTTP/1.1 200 ":
            self._pool.lose(person, "was answered " + head.partition(b"\r\n")[0].decode("latin-1"))
        elif end and len(body) == wire.content_length(head):
            person.partial_frame = b""
            return body
        else:
            person.partial_frame = answer
        return None
