"""A small broker on real sockets: it answers each command at once, unless a test says otherwise."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import zmq
import zmq.asyncio

from common import messages as m
from common.codec import decode_command, encode

Rule = Callable[[m.AnyCommand], m.AnyAnswer | None]
"""The answer to a command; None loses the command."""
C = TypeVar("C")


def bound_at(socket: "zmq.Socket[Any]") -> str:
    """The address that the socket was bound to, with its port."""
    return socket.getsockopt_string(zmq.LAST_ENDPOINT)


class FakeBroker:
    """`rule` answers commands, and may call `usual`. `seen` has all commands that came in."""

    def __init__(self, term: int, epoch: str, lease_s: float) -> None:
        self.term = term
        self.epoch = epoch
        self.lease_s = lease_s
        self.rule: Rule = self.usual
        self.seen: list[m.AnyCommand] = []
        self.endpoint = ""
        self.events = ""
        self._came = asyncio.Condition()
        self._context = zmq.asyncio.Context()
        self._router = self._context.socket(zmq.ROUTER)
        self._publisher = self._context.socket(zmq.XPUB)
        self._peers: list[bytes] = []

    def bind(self, endpoint: str, events: str) -> None:
        for socket, address in ((self._router, endpoint), (self._publisher, events)):
            socket.linger = 0
            socket.rcvhwm = socket.sndhwm = 0
            socket.bind(address)
        self.endpoint = bound_at(self._router)
        self.events = bound_at(self._publisher)

    def close(self) -> None:
        self._context.destroy(linger=0)

    def usual(self, command: m.AnyCommand) -> m.AnyAnswer | None:
        no = command.no
        match command:
            case m.Hello():
                port = self.events.rpartition(":")[2]
                return m.Welcome(
                    term=self.term, no=no, epoch=self.epoch, events=port, lease_s=self.lease_s
                )
            case m.Say(room=room, id=id):
                return m.Said(term=self.term, no=no, room=room, id=id, seq=no, timestamp=0.0)
            case _:
                return m.Done(term=self.term, no=no)

    async def answer(self) -> None:
        """Answers for ever."""
        while True:
            peer, frame = await self._router.recv_multipart()
            command = decode_command(frame)
            if isinstance(command, m.Hello):
                self._peers.append(peer)
            self.seen.append(command)
            answer = self.rule(command)
            if answer is not None:
                await self._router.send_multipart([peer, encode(answer)])
            async with self._came:
                self._came.notify_all()

    async def saw(self, kind: type[C], times: int = 1) -> list[C]:
        """Waits until so many commands of this kind have come; returns all of them."""
        async with self._came:
            await self._came.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)

    def of(self, kind: type[C]) -> list[C]:
        return [c for c in self.seen if isinstance(c, kind)]

    @property
    def commands(self) -> list[m.AnyCommand]:
        """All commands that came in but hellos."""
        return [command for command in self.seen if not isinstance(command, m.Hello)]

    async def subscribed(self, topic: str) -> None:
        """Waits for a subscription, or the end of one."""
        while (await self.change())[1:] != topic.encode():
            pass

    async def change(self) -> bytes:
        """The next subscription, 1 and the topic, or the end of one, 0 and the topic."""
        change: bytes = await self._publisher.recv()
        return change

    async def publish(self, topic: str, message: m.AnyBroadcast) -> None:
        await self.publish_frames(topic.encode(), encode(message))

    async def publish_frames(self, *frames: bytes) -> None:
        await self._publisher.send_multipart(list(frames))

    async def send_frames(self, *frames: bytes) -> None:
        """Sends to the peer that said hello last."""
        await self._router.send_multipart([self._peers[-1], *frames])


@asynccontextmanager
async def fake_broker(
    like: FakeBroker | None = None, term: int = 1, epoch: str = "e", lease_s: float = 15.0
) -> AsyncIterator[FakeBroker]:
    """A broker that runs until the end of the block; at the addresses of another one, if `like`."""
    broker = FakeBroker(term, epoch, lease_s)
    anywhere = "tcp://127.0.0.1:*"
    broker.bind(like.endpoint if like else anywhere, like.events if like else anywhere)
    async with asyncio.TaskGroup() as tasks:
        answering: asyncio.Task[Any] = tasks.create_task(broker.answer())
        try:
            yield broker
        finally:
            answering.cancel()
            await asyncio.wait([answering])
            broker.close()


@contextmanager
def broker_in_thread(rule: Rule) -> Iterator[FakeBroker]:
    """The same broker in a thread of its own, for tests that block while a script asks it. `rule`
    answers all commands but hellos; what it raises, the block raises."""
    started: Future[tuple[FakeBroker, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        async with fake_broker() as broker:
            broker.rule = lambda c: broker.usual(c) if isinstance(c, m.Hello) else rule(c)
            started.set_result((broker, loop, stop))
            await stop.wait()

    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(asyncio.run, serve())
        broker, loop, stop = started.result()
        try:
            yield broker
        finally:
            with suppress(RuntimeError):  # the loop is closed: the rule has raised
                loop.call_soon_threadsafe(stop.set)
            ended.result()
