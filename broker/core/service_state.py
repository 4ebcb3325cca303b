"""The states of the service: whether its core can be trusted, and whether the store accepts
writes."""

from enum import Enum, auto


class ServiceState(Enum):
    SERVING = auto()
    FAILED = auto()
    """The core cannot be trusted, because a commit or the core itself has failed. Everything that
    is not committed is refused; after that a new core is made from what the store has."""
    REFUSING = auto()
    """The core has what the store has. Commands that write are refused until the store accepts
    writes again."""


class ServiceEvent(Enum):
    FAILURE = auto()
    """A commit, the core or the store's files have failed."""
    RELOADED = auto()
    """A new core was made from what the store has."""
    PROBED = auto()
    """The store accepts writes."""


_S, _E = ServiceState, ServiceEvent
TRANSITIONS = {
    (_S.SERVING, _E.FAILURE): _S.FAILED,
    (_S.FAILED, _E.FAILURE): _S.FAILED,
    (_S.REFUSING, _E.FAILURE): _S.FAILED,
    (_S.FAILED, _E.RELOADED): _S.REFUSING,
    (_S.REFUSING, _E.PROBED): _S.SERVING,
}
