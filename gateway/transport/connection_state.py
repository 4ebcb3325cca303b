"""The states of a connection, and what may follow what. Pure.

A connection begins by polling, or with the handshake of a WebSocket. A polling one may be upgraded:
its WebSocket is UPGRADING until it has proved that both directions work. Once the gateway has said
its last word the connection is FINISHING by the transport that it has, and then CLOSED.
"""

from collections.abc import Mapping
from enum import Enum, auto

from common.transitions import follow


class ConnectionState(Enum):
    OPENING = auto()
    POLLING = auto()
    UPGRADING = auto()
    WEBSOCKET = auto()
    FINISHING_POLLING = auto()
    FINISHING_UPGRADING = auto()
    FINISHING_WEBSOCKET = auto()
    CLOSED = auto()

    def after(self, event: "ConnectionEvent") -> "ConnectionState":
        """The next state. Raises ImpossibleTransition, which names state and event."""
        return follow(TRANSITIONS, self, event)

    @property
    def upgrading(self) -> bool:
        return self in (ConnectionState.UPGRADING, ConnectionState.FINISHING_UPGRADING)

    @property
    def upgraded(self) -> bool:
        return self in (ConnectionState.WEBSOCKET, ConnectionState.FINISHING_WEBSOCKET)

    @property
    def closing(self) -> bool:
        """Nothing more is received, and nothing new is sent."""
        return self not in _OPEN


class ConnectionEvent(Enum):
    POLL_OPENED = auto()
    """The handshake of a polling connection was answered."""
    WEBSOCKET_OPENED = auto()
    """A WebSocket without polling before it is there."""
    UPGRADE_BEGAN = auto()
    """A polling browser asked for a WebSocket."""
    UPGRADED = auto()
    """That WebSocket has proved itself: packets travel by it alone from now on."""
    UPGRADE_FAILED = auto()
    """That WebSocket is lost, or did not prove itself: the browser polls on."""
    FINISH = auto()
    """The last frames are on their way."""
    CLOSE = auto()


_S, _E = ConnectionState, ConnectionEvent
_OPEN = frozenset({_S.OPENING, _S.POLLING, _S.UPGRADING, _S.WEBSOCKET})
TRANSITIONS: Mapping[tuple[ConnectionState, ConnectionEvent], ConnectionState] = {
    (_S.OPENING, _E.POLL_OPENED): _S.POLLING,
    (_S.OPENING, _E.WEBSOCKET_OPENED): _S.WEBSOCKET,
    (_S.POLLING, _E.UPGRADE_BEGAN): _S.UPGRADING,
    (_S.UPGRADING, _E.UPGRADED): _S.WEBSOCKET,
    (_S.UPGRADING, _E.UPGRADE_FAILED): _S.POLLING,
    (_S.POLLING, _E.FINISH): _S.FINISHING_POLLING,
    (_S.UPGRADING, _E.FINISH): _S.FINISHING_UPGRADING,
    (_S.WEBSOCKET, _E.FINISH): _S.FINISHING_WEBSOCKET,
    (_S.FINISHING_UPGRADING, _E.UPGRADED): _S.FINISHING_WEBSOCKET,
    (_S.FINISHING_UPGRADING, _E.UPGRADE_FAILED): _S.FINISHING_POLLING,
    **{(state, _E.CLOSE): _S.CLOSED for state in _S if state is not _S.CLOSED},
    # The connection was closed while its upgrade was under way, which fails for that reason.
    (_S.CLOSED, _E.UPGRADE_FAILED): _S.CLOSED,
}
