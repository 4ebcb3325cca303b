"""The outbox."""

import asyncio

import pytest

from gateway.protocol.frames import Batch, Frame
from gateway.transport import outbox as outbox_module
from gateway.transport.outbox import Outbox
from tests.support.stream_pair import Pair

ONE, TWO, THREE = (Frame.event("chat", n) for n in (1, 2, 3))


class Answering(asyncio.WriteTransport):
    """The way of a poll's answer, which is stuck unless `unread_bytes` is 0."""

    def __init__(self, unread_bytes: int = 100) -> None:
        super().__init__()
        self.ended = False
        self._unread_bytes = unread_bytes

    def get_write_buffer_size(self) -> int:
        return self._unread_bytes

    def abort(self) -> None:
        self.ended = True


async def test_a_queue_then_a_stream_in_order() -> None:
    with Pair() as pair:
        outbox = Outbox(1000)
        assert outbox.put(ONE)
        assert outbox.put(Batch([TWO]))
        assert outbox.unsent_bytes == len(ONE.wire) + len(TWO.wire)
        outbox.go_direct(pair.stream)
        assert outbox.put(THREE)
        assert pair.heard() == ONE.wire + TWO.wire + THREE.wire
        assert outbox.unsent_bytes == 0
        assert outbox.take() == []


async def test_unsent_bytes_are_bounded_by_polling_and_by_websocket() -> None:
    outbox, answering = Outbox(10), Answering()
    assert outbox.put(ONE)
    assert not outbox.put(TWO)
    assert outbox.take(answering) == [ONE]
    assert not outbox.put(TWO)
    assert outbox.polled is not None
    outbox.polled.abort()
    assert answering.ended
    with Pair() as pair:
        direct = Outbox(10)
        direct.go_direct(pair.stream)
        pair.fill()
        owed = direct.unsent_bytes
        assert owed > 10
        assert not direct.put(TWO)
        assert direct.unsent_bytes == owed
        direct.drop()
        assert direct.unsent_bytes == 0


async def test_at_the_end_only_an_answer_that_is_not_read_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "ANSWER_S", 0.0)
    read, stuck = Answering(0), Answering()
    for answering in (read, stuck):
        outbox = Outbox(1000)
        outbox.put(ONE)
        outbox.take(answering)
        outbox.drop()
    async with asyncio.timeout(5):
        while not stuck.ended:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert not read.ended, "another session may use that connection"


async def test_nothing_is_written_to_a_stream_that_ended() -> None:
    with Pair() as pair:
        outbox = Outbox(10)
        outbox.go_direct(pair.stream)
        pair.stream.abort()
        assert outbox.put(ONE)
        assert pair.heard() == b""


async def test_a_poll_waits_until_there_is_a_frame() -> None:
    polled = Outbox(1000).waiting
    await polled.wait(0.01)
    waiting = asyncio.gather(polled.wait(10))
    await asyncio.sleep(0)
    polled.put(ONE)
    await waiting
    await polled.wait(10)  # there is something: at once
    assert polled.take() == [ONE]
    waiting = asyncio.gather(polled.wait(10))
    await asyncio.sleep(0)
    polled.wake()
    await waiting


async def test_a_poll_takes_some_and_leaves_the_rest_in_order() -> None:
    outbox, frames = Outbox(10_000), [Frame.event("chat", n) for n in range(40)]
    for frame in frames:
        assert outbox.put(frame)
    assert outbox.take(limit=16) == frames[:16]
    assert outbox.unsent_bytes == sum(len(frame.wire) for frame in frames[16:])
    assert outbox.take(limit=16) == frames[16:32]
    assert not outbox.waiting.empty
    assert outbox.take(limit=16) == frames[32:]
    assert outbox.waiting.empty
    assert outbox.unsent_bytes == 0
