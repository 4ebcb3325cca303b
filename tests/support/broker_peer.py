"""A gateway's end of the wire, as a test plays it: asks, waits for answers, hears broadcasts."""

from types import TracebackType
from typing import Any

import zmq
import zmq.asyncio

from common import zmq_sockets
from common.codec import decode_answer, decode_broadcast, encode
from common.keys import PeerKeys
from common.messages import (
    WIRE,
    AnyAnswer,
    AnyBroadcast,
    Failed,
    Happened,
    Hello,
    Join,
    Joined,
    Marked,
    Say,
    TakeUp,
    Welcome,
    events_topic,
    gateway_topic,
)


class Peer:
    """`async with Peer(endpoint) as peer`: a fresh DEALER and SUB."""

    def __init__(self, endpoint: str, keys: PeerKeys | None = None) -> None:
        self._endpoint = endpoint
        self._keys = keys
        self._no = 0
        self._context = zmq.asyncio.Context()
        self.dealer: Any = zmq_sockets.dealer(self._context, keys)  # type: ignore[arg-type]
        self.sub: Any = zmq_sockets.subscriber(self._context, keys)  # type: ignore[arg-type]
        self.heard: list[AnyBroadcast] = []

    async def __aenter__(self) -> "Peer":
        zmq_sockets.connect(self.dealer, self._endpoint)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.dealer.close(linger=0)
        self.sub.close(linger=0)
        self._context.term()

    def number(self) -> int:
        self._no += 1
        return self._no

    async def send(self, command: Any) -> None:
        await self.dealer.send(encode(command))

    async def answer(self) -> AnyAnswer:
        return decode_answer(await self.dealer.recv())

    async def ask(self, kind: type, **fields: Any) -> Any:
        await self.send(kind(no=self.number(), **fields))
        answer = await self.answer()
        assert answer.no == self._no
        return answer

    async def send_hello(self) -> None:
        await self.send(Hello(no=self.number(), wire=WIRE, gateway="g1"))

    async def hello(self, gateway: str = "g1", proof: str = "p") -> Welcome:
        welcome = await self.ask(Hello, wire=WIRE, gateway=gateway, proof=proof)
        assert isinstance(welcome, Welcome), welcome
        told = zmq_sockets.events_endpoint(self._endpoint, welcome.events)
        zmq_sockets.connect(self.sub, told)
        if gateway:
            self.sub.subscribe(gateway_topic(gateway))
        return welcome

    async def join(self, user: str, room: str = "lobby", sid: str = "s1", key: str = "a") -> Joined:
        joined = await self.ask(Join, sid=sid, key=key * 64, room=room, user=user)
        assert isinstance(joined, Joined), joined
        return joined

    async def say(self, text: str, id: str, room: str = "lobby", sid: str = "s1") -> Any:
        return await self.ask(Say, sid=sid, room=room, text=text, id=id)

    async def take_up(self, room: str) -> Marked:
        """Subscribes and asks until the mark is seen."""
        topic = events_topic(room)
        self.sub.subscribe(topic)
        while True:
            await self.ask(TakeUp, topics=[topic], nonce="n")
            while await self.sub.poll(200):
                heard = await self.hear()
                if isinstance(heard, Marked) and heard.topic == topic:
                    return heard

    async def hear(self) -> AnyBroadcast:
        _, frame = await self.sub.recv_multipart()
        heard = decode_broadcast(frame)
        self.heard.append(heard)
        return heard

    async def hear_texts(self, count: int) -> list[str]:
        """The texts of the next `count` messages that are published."""
        texts: list[str] = []
        while len(texts) < count:
            heard = await self.hear()
            if isinstance(heard, Happened):
                texts += [event.text for event in heard.events if event.kind == "message"]
        return texts


def refused(answer: AnyAnswer) -> str:
    """The code of a failed answer, or nothing."""
    return answer.code if isinstance(answer, Failed) else ""
