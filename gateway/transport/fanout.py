"""The fan-out: the same bytes to many browsers in one pass.

A delivery costs about 5 µs, four of which are the kernel's. So a SendList keeps, beside each
browser's Socket, the handle to which `fan_out` writes without looking at anything else:

    SendList.sockets    [ Socket   Socket   Socket  ]
    SendList._handles   [ handle   _CLOSED  handle  ]
                             │                 ╎
    Stream.sock           handle  (new handle) ╎ closed by Stream.renew

A handle may be written to as long as nothing is unsent before it. When the kernel takes only a part
of a write, the stream keeps the rest and renews its handle: the old one, in every SendList, is
closed from then on. A write to a closed handle fails, and `send_slowly` sends to that browser by
its outbox instead, and stores the handle that is valid by then.
"""

import socket
from collections.abc import Iterable

from gateway.protocol.frames import Batch
from gateway.transport.sockets import Socket

_send = socket.socket.send
_CLOSED = socket.socket()
_CLOSED.close()


class SendList:
    """Sockets in a row, each with its handle."""

    __slots__ = ("_handles", "sockets")

    def __init__(self, sockets: Iterable[Socket] = ()) -> None:
        self.sockets = list(sockets)
        self._handles = [_handle(one) for one in self.sockets]

    def __len__(self) -> int:
        return len(self.sockets)

    def append(self, one: Socket) -> None:
        self.sockets.append(one)
        self._handles.append(_handle(one))

    def handles(self, start: int, end: int | None) -> list[socket.socket]:
        """For `fan_out`, which calls `send_slowly` for each write that did not succeed."""
        return self._handles[start:end]

    def send_slowly(self, index: int, batch: Batch, sent: int) -> None:
        """The kernel took `sent` bytes of the batch only; -1: the handle is closed or broken."""
        one = self.sockets[index]
        stream = one.outbox.stream
        if stream is None or stream.sock is not self._handles[index]:
            one.send(batch)
        elif sent < 0:
            stream.fail()
        else:
            stream.keep(batch.wire[sent:])
        self._handles[index] = _handle(one)


def fan_out(row: SendList, batch: Batch, start: int = 0, end: int | None = None) -> None:
    """Sends the batch to the sockets of this slice, as `Socket.send` would to each: in order after
    everything sent before. A browser that reads too slowly is cut off.

    It calls nothing back: a socket that is cut off here is `gone` at a later turn of the loop.
    """
    wire = batch.wire
    size = len(wire)
    for index, handle in enumerate(row.handles(start, end), start):
        try:
            sent = _send(handle, wire)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            sent = -1
        if sent != size:
            row.send_slowly(index, batch, sent)


def _handle(one: Socket) -> socket.socket:
    stream = one.outbox.stream
    return _CLOSED if stream is None or stream.unsent or stream.ended else stream.sock
