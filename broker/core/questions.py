"""The questions: what a turn of the service needs from its driver while it runs.

A turn is a generator. It yields a question, and the driver sends the answer into it.
"""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from broker.effects import Need
from common.messages import AnyCommand

PeerCommand: TypeAlias = tuple[bytes, AnyCommand]
"""A command, and the routing id of the link that it came by."""


class Receive(Struct, frozen=True):
    """What has arrived? Answer with a `Received`."""


class Received(Struct, frozen=True):
    """The commands that have arrived, and the time, which was read after they were."""

    commands: Sequence[PeerCommand]
    monotonic: float
    wall: float


class Learn(Struct, frozen=True):
    """What does the store have for these needs? Answer with a list of facts in their order, or with
    None if the store cannot be read now."""

    needs: Sequence[Need]


class ReadState(Struct, frozen=True):
    """What state does the store have? Wait until it can be read, and answer with `Store.state`."""


class Probe(Struct, frozen=True):
    """Does the store accept writes? Answer with the empty string, or with the reason why not."""


class CheckFiles(Struct, frozen=True):
    """Are the store's files in their places? Answer with `Store.fault`."""


class Report(Struct, frozen=True):
    """A fault of ours was caught: log the error with its traceback. Answer with None."""

    what: str
    error: Exception


Question: TypeAlias = Receive | Learn | ReadState | Probe | CheckFiles | Report
