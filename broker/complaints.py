"""The complaints: frames that are no commands, counted, and told to the log now and then."""

import logging

import msgpack

from broker.metrics import Metrics
from broker.wire import Arrived
from common.errors import FrameError
from common.quiet import Quiet


class Complaints:
    """Whoever sends rubbish does not fill the disk."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._log = Quiet(logging.getLogger(__name__))

    def note(self, one: Arrived, error: FrameError) -> None:
        self._metrics.bad_frames.inc()
        self._log.warning("a frame is no command", f"{by(one.name).strip()} {error}".strip())


def by(name: str) -> str:
    """Who sent it, as far as keys tell."""
    return f" with the key {name}" if name else ""


def number(frame: bytes) -> int | None:
    """The `no` of a frame that is no command, if it has one, so that it can be answered."""
    try:
        no = msgpack.unpackb(frame)["no"]
    except (ValueError, TypeError, LookupError, RecursionError, msgpack.UnpackException):
        return None
    return no if type(no) is int and 0 <= no < 1 << 53 else None
