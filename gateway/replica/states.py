"""The states of a replica, and which event leads from one to another."""

from enum import Enum, auto


class ReplicaState(Enum):
    """How much of the log is here, and whether a mark has proven the subscription live."""

    EMPTY = auto()
    """The subscription is not proven, and no log is here that could be continued."""
    UNPROVEN = auto()
    """The subscription is not proven on this link; the log is here up to `head`."""
    LOADING = auto()
    """The subscription is proven; the newest page was requested, with which the log begins."""
    CATCHING_UP = auto()
    """The subscription is proven; the log is here up to `head`, but events from before the mark may
    be missing."""
    LIVE = auto()
    """The subscription is proven, and all events from before the mark are here. A later hole leaves
    the replica live."""


class ReplicaEvent(Enum):
    """What changes the state."""

    RELINKED = auto()
    """There is a new link, on which the topic of a public room is not proven yet."""
    MARKED = auto()
    """The mark has come: the topic is live."""
    LOADED = auto()
    """The newest page has come."""
    LEVEL = auto()
    """The head is the highest Seq that is known to be on the broker's disk."""
    BROKEN = auto()
    """The log here cannot be continued: the epoch is another one, too many events are missing, or
    it is unknown which of them the sockets were sent."""


_S, _E = ReplicaState, ReplicaEvent
TRANSITIONS = {
    (_S.EMPTY, _E.RELINKED): _S.EMPTY,
    (_S.EMPTY, _E.MARKED): _S.LOADING,
    (_S.EMPTY, _E.BROKEN): _S.EMPTY,
    (_S.UNPROVEN, _E.RELINKED): _S.UNPROVEN,
    (_S.UNPROVEN, _E.MARKED): _S.CATCHING_UP,
    (_S.UNPROVEN, _E.BROKEN): _S.EMPTY,
    (_S.LOADING, _E.RELINKED): _S.EMPTY,
    (_S.LOADING, _E.MARKED): _S.LOADING,
    (_S.LOADING, _E.LOADED): _S.CATCHING_UP,
    (_S.LOADING, _E.BROKEN): _S.LOADING,
    (_S.CATCHING_UP, _E.RELINKED): _S.UNPROVEN,
    (_S.CATCHING_UP, _E.MARKED): _S.CATCHING_UP,
    (_S.CATCHING_UP, _E.LEVEL): _S.LIVE,
    (_S.CATCHING_UP, _E.BROKEN): _S.LOADING,
    (_S.LIVE, _E.RELINKED): _S.UNPROVEN,
    (_S.LIVE, _E.MARKED): _S.LIVE,
    (_S.LIVE, _E.LEVEL): _S.LIVE,
    (_S.LIVE, _E.BROKEN): _S.LOADING,
}
