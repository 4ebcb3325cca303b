"""A bystander: somebody in a room of their own who says a message every 20 ms and times its ack.

It is a process of its own, so that the attack's own work does not slow down its clock:
`python -m tests.attacks.bystander HOST:PORT ROOM` prints `ready`, and when its standard input ends
one line of JSON, the milliseconds that each ack took.
"""

import json
import select
import socket
import sys
import time

from scripts.load.wire import HEARTBEAT_ANSWER, event, frame, frames, upgrade, whole

PAUSE_S = 0.02
FEWEST = 5
"""The bystander times at least so many acks, even if the attack ends sooner."""
GIVE_UP_S = 30.0


class Bystander:
    """One WebSocket, one room, one request at a time."""

    def __init__(self, authority: str, room: str) -> None:
        host, _, port = authority.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=GIVE_UP_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._room = room
        self._acks = 0
        self._received = bytearray()
        self._socket.sendall(upgrade(authority))
        while b"\r\n\r\n" not in self._received:
            self._received += self._socket.recv(1 << 16)
        del self._received[: self._received.index(b"\r\n\r\n") + 4]
        self._socket.sendall(frame("40"))
        self._receive_until(b'40{"sid"')
        self.ask("join", {"room": room, "user": room})

    def say(self, text: str) -> float:
        """Says a message; returns the seconds that its ack took."""
        begun = time.monotonic()
        self.ask("chat", {"room": self._room, "message": text})
        return time.monotonic() - begun

    def ask(self, name: str, payload: dict[str, str]) -> None:
        self._acks += 1
        self._socket.sendall(event(name, payload, ack=self._acks))
        answer = self._receive_until(f"43{self._acks}[".encode())
        if b'"ok":true' not in answer:
            raise SystemExit(f"the bystander was refused: {answer[:300]!r}")

    def _receive_until(self, beginning: bytes) -> bytes:
        """Reads frames until a payload begins with this text; returns that payload."""
        while True:
            end = whole(self._received, len(self._received))
            found = [payload for _, payload in frames(self._received, end)]
            del self._received[:end]
            if b"2" in found:
                self._socket.sendall(HEARTBEAT_ANSWER)
            for payload in found:
                if payload.startswith(beginning):
                    return payload
            chunk = self._socket.recv(1 << 16)
            if not chunk:
                raise SystemExit("the bystander was disconnected")
            self._received += chunk


def main(authority: str, room: str) -> None:
    bystander = Bystander(authority, room)
    print("ready", flush=True)
    took: list[float] = []
    while len(took) < FEWEST or not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        took.append(round(bystander.say("undisturbed") * 1000, 2))
    print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
