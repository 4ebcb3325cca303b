"""The fan-out: the same bytes to many browsers in one pass."""

import socket
from collections.abc import Iterable
from operator import length_hint

from gateway.protocol.frames import Batch
from gateway.transport.sockets import Socket

_send = socket.socket.send
_SHUT = socket.socket()
_SHUT.close()


class SendList:
    """Sockets one after the other, each with its way straight to the kernel: what is looked at for
    each delivery lies together, and nothing else is, which is a tenth of what a delivery costs.

    A way is written to while nothing waits before it: a stream to which that happens has another
    one from then on (`Stream.renew`), and one that ends has none: this one turns out to be shut.
    """

    __slots__ = ("_ways", "sockets")

    def __init__(self, sockets: Iterable[Socket] = ()) -> None:
        self.sockets = list(sockets)
        self._ways = [_way(one) for one in self.sockets]

    def __len__(self) -> int:
        return len(self.sockets)

    def append(self, one: Socket) -> None:
        self.sockets.append(one)
        self._ways.append(_way(one))

    def ways(self, start: int, end: int | None) -> list[socket.socket]:
        """For `fan_out`, which tells what came of them."""
        return self._ways[start:end]

    def otherwise(self, place: int, batch: Batch, sent: int) -> None:
        """The kernel took so many bytes only; -1: the way is shut."""
        one = self.sockets[place]
        stream = one.outbox.stream
        if stream is None or stream.sock is not self._ways[place]:
            one.send(batch)
        elif sent < 0:
            stream.fail()
        else:
            stream.keep(batch.wire[sent:])
        self._ways[place] = _way(one)


def fan_out(row: SendList, batch: Batch, start: int = 0, end: int | None = None) -> None:
    """Sends the batch to these of the row, in order with everything sent to each before.

    Calls nothing back: who is cut off here is `gone` at a later turn of the loop. It does the same
    as `Socket.send` for each.
    """
    wire = batch.wire
    size = len(wire)
    ways = row.ways(start, end)
    walk = iter(ways)
    for way in walk:
        try:
            sent = _send(way, wire)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            sent = -1
        if sent != size:
            row.otherwise(start + len(ways) - length_hint(walk) - 1, batch, sent)


def _way(one: Socket) -> socket.socket:
    stream = one.outbox.stream
    return _SHUT if stream is None or stream.unsent or stream.ended else stream.sock
