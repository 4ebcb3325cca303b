"""The fan-out: the same bytes to many browsers in one pass."""

from collections.abc import Iterable

from gateway.frames import Batch
from gateway.sockets import Socket


def fan_out(sockets: Iterable[Socket], batch: Batch) -> None:
    """Sends the batch to each, in order with everything sent to it before.

    Calls nothing back: who is cut off here is `gone` at a later turn of the loop, so that the
    iterable may be the caller's own set. The way straight to the transport is spelled out, since a
    call more for each browser is what counts here; it does the same as `Socket.send`.
    """
    wire = batch.wire
    for socket in sockets:
        outbox = socket.outbox
        transport = outbox.transport
        if transport is None:
            socket.send(batch)
        elif transport.get_write_buffer_size() > outbox.limit_bytes:
            socket.cut_off_unread()
        elif not transport.is_closing():
            transport.write(wire)
