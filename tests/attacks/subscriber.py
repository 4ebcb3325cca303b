"""A hostile subscriber, in a process of its own: `python -m tests.attacks.subscriber
ENDPOINT KIND`. It ends when its standard input does."""

import os
import secrets
import sys

import zmq

MANY = 300_000
LONG_BYTES = 4_000_000


def attack(socket: "zmq.Socket[bytes]", kind: str) -> None:
    match kind:
        case "many":
            for _ in range(MANY):
                socket.send(b"\1events/" + secrets.token_hex(16).encode() + b"\0")
        case "long":
            for letter in b"abc":
                socket.send(b"\1" + bytes([letter]) * LONG_BYTES)
        case "everything":
            for topic in (b"", b"e", b"gateway/", b"events/", b"events/@"):
                socket.send(b"\1" + topic)
        case "user messages":
            for _ in range(1000):
                socket.send(b"\2" + secrets.token_bytes(32))
        case "back and forth":
            for _ in range(MANY // 2):
                socket.send(b"\1events/" + secrets.token_hex(16).encode() + b"\0")
                socket.send(b"\0events/" + secrets.token_hex(16).encode() + b"\0")


def main(endpoint: str, kind: str) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.XSUB)
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.connect(endpoint)
    attack(socket, kind)
    sys.stdin.read()
    os._exit(0)  # libzmq would take what is unsent apart, which takes long


if __name__ == "__main__":
    main(*sys.argv[1:])
