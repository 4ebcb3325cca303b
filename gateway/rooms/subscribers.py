"""The subscribers of a room, as lists of sockets that a broadcast sends to."""

from collections.abc import Iterator

from gateway.rooms.sessions import Session
from gateway.transport.fanout import SendList


class Subscribers:
    """A SendList in use is only appended to, so a running broadcast can keep its index. After a
    removal the next call of `send_lists` builds new ones."""

    __slots__ = ("_objects", "_plain", "_sessions", "_stale")

    def __init__(self) -> None:
        self._sessions: dict[Session, None] = {}
        self._objects = SendList()
        self._plain = SendList()
        self._stale = False

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, session: Session) -> bool:
        return session in self._sessions

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions)

    def add(self, session: Session) -> None:
        if session not in self._sessions:
            self._sessions[session] = None
            if not self._stale:
                (self._plain if session.plain else self._objects).append(session.socket)

    def discard(self, session: Session) -> None:
        if session in self._sessions:
            del self._sessions[session]
            self._stale = True

    def turned_plain(self) -> None:
        """A subscriber has become a plain socket: it belongs into the other list."""
        self._stale = True

    @property
    def any_plain(self) -> bool:
        return bool(self.send_lists()[1])

    def send_lists(self) -> tuple[SendList, SendList]:
        """The sockets of the object form, and those of the plain form."""
        if self._stale:
            self._stale = False
            self._objects = SendList(s.socket for s in self._sessions if not s.plain)
            self._plain = SendList(s.socket for s in self._sessions if s.plain)
        return self._objects, self._plain
