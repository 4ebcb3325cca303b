"""The fan-out: the same bytes to many browsers in one pass."""

from collections.abc import Iterable

from gateway.frames import Batch
from gateway.sockets import Socket


def fan_out(sockets: Iterable[Socket], batch: Batch) -> None:
    """Sends the batch to each, in order with everything sent to it before.

    Calls nothing back: who is cut off here is `gone` at a later turn of the loop, so that the
    iterable may be the caller's own set. The way straight to the kernel is spelled out, since a
    call more for each browser is what counts here; it does the same as `Socket.send`.
    """
    wire = batch.wire
    size = len(wire)
    for socket in sockets:
        stream = socket.outbox.stream
        if stream is None or stream.unsent:
            socket.send(batch)
            continue
        try:
            sent = stream.sock.send(wire)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            stream.fail()
            continue
        if sent != size:
            stream.keep(wire[sent:])
