"""The subscribers of a room, as lists of sockets that a broadcast sends to."""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.rooms.sessions import Session
from gateway.transport.fanout import SendList


class SendLists(NamedTuple):
    """The sockets of a room's subscribers, by the form that they use: object or plain."""

    objects: SendList
    plain: SendList


class Subscribers:
    """The sessions that get each broadcast of a room.

    A SendList in use is only appended to, so that a running broadcast can keep its index. After a
    removal the next call of `send_lists` builds new ones.
    """

    __slots__ = ("_lists", "_sessions", "_stale")

    def __init__(self) -> None:
        self._sessions: dict[Session, None] = {}
        self._lists = SendLists(SendList(), SendList())
        self._stale = False
        """Whether `_lists` have to be built anew."""

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, session: Session) -> bool:
        return session in self._sessions

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions)

    @property
    def is_empty(self) -> bool:
        return not self._sessions

    @property
    def any_plain(self) -> bool:
        """Whether any subscriber uses the plain form."""
        return len(self.send_lists().plain) > 0

    def add(self, session: Session) -> None:
        if session not in self._sessions:
            self._sessions[session] = None
            if not self._stale:
                to = self._lists.plain if session.plain else self._lists.objects
                to.append(session.socket)

    def discard(self, session: Session) -> None:
        if session in self._sessions:
            del self._sessions[session]
            self._stale = True

    def on_plain(self) -> None:
        """A subscriber has turned out to use the plain form: its socket changes lists."""
        self._stale = True

    def send_lists(self) -> SendLists:
        """The sockets to send to, up to date."""
        if self._stale:
            self._stale = False
            self._lists = SendLists(
                SendList(s.socket for s in self._sessions if not s.plain),
                SendList(s.socket for s in self._sessions if s.plain),
            )
        return self._lists
