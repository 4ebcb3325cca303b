"""The members: who hears a room, as rows of sockets."""

from collections.abc import Iterator

from gateway.fanout import Row
from gateway.sessions import Session


class Members:
    """A row that was given out stays as it was up to its length of then: who comes is put behind
    it, and once somebody has left the next one is made anew."""

    __slots__ = ("_objects", "_plain", "_sessions", "_stale")

    def __init__(self) -> None:
        self._sessions: dict[Session, None] = {}
        self._objects = Row()
        self._plain = Row()
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
        """One of them has another form now."""
        self._stale = True

    @property
    def any_plain(self) -> bool:
        return bool(self.rows()[1])

    def rows(self) -> tuple[Row, Row]:
        """Of the object form, of the plain form."""
        if self._stale:
            self._stale = False
            self._objects = Row(s.socket for s in self._sessions if not s.plain)
            self._plain = Row(s.socket for s in self._sessions if s.plain)
        return self._objects, self._plain
