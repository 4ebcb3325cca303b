"""The questions: what a turn of the service asks of whoever drives it. Pure."""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from broker.effects import Need
from common.messages import AnyCommand

PeerCommand: TypeAlias = tuple[bytes, AnyCommand]
"""A command, and the routing id of the link that it came by."""


class Receive(Struct, frozen=True):
    """Answer with the Received: what has arrived, and the time after that."""


class Received(Struct, frozen=True):
    commands: Sequence[PeerCommand]
    monotonic: float
    wall: float


class Learn(Struct, frozen=True):
    """Answer with the store's facts for these needs, or None if it cannot be read now."""

    needs: Sequence[Need]


class ReadState(Struct, frozen=True):
    """Answer with `Store.state`, when it can be read."""


class Probe(Struct, frozen=True):
    """Answer with why the store takes no writes, or nothing if it does."""


class CheckFiles(Struct, frozen=True):
    """Answer with `Store.fault`."""


class Report(Struct, frozen=True):
    """Our own fault was caught: log the error with its traceback."""

    what: str
    error: Exception


Question: TypeAlias = Receive | Learn | ReadState | Probe | CheckFiles | Report
