"""The complaints: frames that are no commands, counted, and told to the log now and then."""

from typing import Annotated

import msgspec

from broker.shell.metrics import Metrics
from broker.shell.zmq_sockets import Arrived
from common.errors import FrameError
from common.log_rate import rate_limited


class _Numbered(msgspec.Struct):
    """All that is read of it: the rest is passed over, however much it is."""

    no: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


_numbered = msgspec.msgpack.Decoder(_Numbered)


class Complaints:
    """Whoever sends rubbish does not fill the disk."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._log = rate_limited(__name__)

    def note(self, one: Arrived, error: FrameError) -> None:
        self._metrics.bad_frames.inc()
        self._log.warning("a frame%s is not a command: %.200r", by(one.name), str(error))


def by(name: str) -> str:
    """Who sent it, as far as keys tell."""
    return f" with the key {name}" if name else ""


def number(frame: bytes) -> int | None:
    """The `no` of a frame that is no command, if it has one, so that it can be answered."""
    try:
        return _numbered.decode(frame).no
    except (ValueError, RecursionError):
        return None
