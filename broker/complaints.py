"""The complaints: frames that are no commands, counted, and told to the log now and then."""

import logging
import time

import msgpack

from broker.metrics import Metrics
from broker.wire import Arrived
from common.errors import FrameError

COMPLAINT_S = 10.0
log = logging.getLogger(__name__)


class Complaints:
    """A line of the log each ten seconds: whoever sends rubbish does not fill the disk."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._next = 0.0

    def note(self, one: Arrived, error: FrameError) -> None:
        self._metrics.bad_frames.inc()
        monotonic = time.monotonic()
        if monotonic >= self._next:
            self._next = monotonic + COMPLAINT_S
            log.warning("a frame%s is no command: %s", by(one.name), str(error)[:300])


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
