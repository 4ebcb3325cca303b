"""The outbox."""

import asyncio

from gateway.frames import Batch, Frame
from gateway.outbox import Outbox

ONE, TWO, THREE = (Frame.event("chat", n) for n in (1, 2, 3))


class Wire(asyncio.WriteTransport):
    """Takes bytes until it is told to stall."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.unsent = b""
        self.stalled = False
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.stalled:
            self.unsent += data
        else:
            self.sent += data

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def is_closing(self) -> bool:
        return self.ended

    def abort(self) -> None:
        self.ended = True


def test_a_queue_then_a_wire_in_order() -> None:
    outbox, wire = Outbox(1000), Wire()
    assert outbox.put(ONE)
    assert outbox.put(Batch([TWO]))
    assert outbox.owed_bytes == len(ONE.wire) + len(TWO.wire)
    outbox.go_direct(wire)
    assert outbox.put(THREE)
    assert wire.sent == ONE.wire + TWO.wire + THREE.wire
    assert outbox.owed_bytes == 0
    assert outbox.take() == []


def test_what_is_owed_is_bounded_on_every_way() -> None:
    outbox, wire = Outbox(10), Wire()
    assert outbox.put(ONE)
    assert not outbox.put(TWO)
    assert outbox.take(wire) == [ONE]
    wire.stalled = True
    wire.write(b"the answer to a poll")
    assert not outbox.put(TWO)
    outbox.abort()
    assert wire.ended

    direct, wire = Outbox(10), Wire()
    direct.go_direct(wire)
    wire.stalled = True
    assert direct.put(ONE)
    assert not direct.put(TWO)
    assert wire.unsent == ONE.wire
    direct.drop()
    assert direct.owed_bytes == 0


def test_nothing_is_written_to_a_wire_that_is_closing() -> None:
    outbox, wire = Outbox(10), Wire()
    outbox.go_direct(wire)
    wire.ended = True
    assert outbox.put(ONE)
    assert wire.sent == b""


async def test_waiting() -> None:
    outbox = Outbox(1000)
    await outbox.wait(0.01)
    waiting = asyncio.gather(outbox.wait(10))
    await asyncio.sleep(0)
    outbox.put(ONE)
    await waiting
    await outbox.wait(10)  # there is something: at once
    assert outbox.take() == [ONE]
    waiting = asyncio.gather(outbox.wait(10))
    await asyncio.sleep(0)
    outbox.wake()
    await waiting
