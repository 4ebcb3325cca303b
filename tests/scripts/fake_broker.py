"""A small broker in a thread, for the scripts: answers by rule, may lose or refuse what it gets."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import zmq

from common.codec import decode_command, encode
from common.messages import AnyAnswer, AnyCommand, Hello, Welcome

Answering = Callable[[AnyCommand], AnyAnswer | None]
"""The answer to a command, None to lose it."""


class FakeBroker:
    """`endpoint` is where it is; `commands` is what came in, hellos left out."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.commands: list[AnyCommand] = []


@contextmanager
def fake_broker(answering: Answering) -> Iterator[FakeBroker]:
    broker = FakeBroker()
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.linger = 0
    port = router.bind_to_random_port("tcp://127.0.0.1")
    broker.endpoint = f"tcp://127.0.0.1:{port}"
    stop, stopped = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    stop.bind("inproc://stop")
    stopped.connect("inproc://stop")

    def serve() -> None:
        poller = zmq.Poller()
        poller.register(router, zmq.POLLIN)
        poller.register(stop, zmq.POLLIN)
        while not dict(poller.poll()).get(stop):
            peer, frame = router.recv_multipart()
            command = decode_command(frame)
            answer: AnyAnswer | None
            if isinstance(command, Hello):
                answer = Welcome(term=1, no=command.no, epoch="e", events="5556", lease_s=15.0)
            else:
                broker.commands.append(command)
                answer = answering(command)
            if answer is not None:
                router.send_multipart([peer, encode(answer)])
        router.close()
        stop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield broker
    finally:
        stopped.send(b"")
        thread.join()
        stopped.close(0)
        context.term()
