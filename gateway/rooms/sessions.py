"""The sessions: who the browser behind each socket is, and which rooms it is in."""

from collections.abc import Iterable, Iterator, Mapping

from common.messages import SessionInfo
from gateway.protocol.frames import Frame
from gateway.transport.sockets import Socket

_NO_FLOORS: dict[str, int] = {}
"""Shared by all sessions without private rooms, and never changed: an empty dict for each would
take 64 bytes of the 2.5 KiB of a socket."""


class Session:
    """One socket, and what the broker's answers say about it. There may be very many sessions, so
    values that most of them lack take no memory of their own."""

    __slots__ = (
        "floors",
        "gone",
        "joins_pending",
        "known_to_broker",
        "leaving",
        "plain",
        "rooms",
        "socket",
        "token",
        "uid",
        "user",
    )  # fmt: skip

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.token = ""
        """The token of the next join. The broker has accepted it once `uid` is set."""
        self.user: str | None = None
        """The name that the handshake gave, if it gave one."""
        self.uid = ""
        """Empty until the first join is acked."""
        self.known_to_broker = False
        """Whether a join of this session was sent to the broker, which must hear of its end."""
        self.plain = False
        """Whether the socket uses the plain form."""
        self.rooms: tuple[str, ...] = ()
        """The rooms that the broker has acked; private rooms only if the socket joined them."""
        self.leaving: tuple[str, ...] = ()
        """Those of `rooms` that the socket asked to leave, without an answer so far."""
        self.floors = _NO_FLOORS
        """The floor of each private room, as `floor` returns it."""
        self.joins_pending = 0
        """How many handshakes have joins without an answer. Private events wait for these."""
        self.gone = False
        """Whether the socket has ended. The broker may not know it yet."""

    def enter(self, room: str) -> None:
        if room not in self.rooms:
            self.rooms = (*self.rooms, room)

    def exit(self, room: str) -> None:
        self.rooms = tuple(name for name in self.rooms if name != room)

    def floor(self, room: str) -> int:
        """The floor of a private room: events up to this Seq are sent to the socket only if it
        joins the room. 0 if all may be sent."""
        return self.floors.get(room, 0)

    def set_floors(self, floors: Mapping[str, int]) -> None:
        if floors and self.floors is _NO_FLOORS:
            self.floors = {}
        self.floors.update(floors)

    def send_away(self, code: str, message: str) -> None:
        """Ends the socket for good; the browser gets this reason in a `refused` event."""
        if not self.gone:
            self.socket.close(Frame.event("refused", {"code": code, "message": message}))


class Sessions:
    """All sessions of this gateway, by socket id and by person."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Session] = {}
        self._by_uid: dict[str, Session | dict[Session, None]] = {}
        """A person's sessions. Most people have one session, which stands here by itself: a dict
        for it would take 224 bytes."""

    def __len__(self) -> int:
        return len(self._by_sid)

    def __iter__(self) -> Iterator[Session]:
        return iter(self._by_sid.values())

    def add(self, socket: Socket) -> Session:
        session = self._by_sid[socket.sid] = Session(socket)
        return session

    def get(self, sid: str) -> Session | None:
        return self._by_sid.get(sid)

    def bind(self, session: Session, uid: str) -> None:
        """Notes that the session belongs to this person, as the broker has said."""
        session.uid = uid
        own = self._by_uid.setdefault(uid, session)
        if isinstance(own, dict):
            own[session] = None
        elif own is not session:
            self._by_uid[uid] = {own: None, session: None}

    def drop(self, session: Session) -> None:
        """Forgets the session: the broker knows that its socket is gone."""
        self._by_sid.pop(session.socket.sid, None)
        own = self._by_uid.get(session.uid)
        if isinstance(own, dict):
            own.pop(session, None)
        if not own or own is session:
            self._by_uid.pop(session.uid, None)

    def of_people(self, uids: Iterable[str]) -> Iterator[Session]:
        """The sessions on this gateway of the people with these uids."""
        for uid in uids:
            own = self._by_uid.get(uid, {})
            yield from own if isinstance(own, dict) else (own,)

    def set_first_floors(self, room: str, floors: Mapping[str, int]) -> None:
        """Sets the floor of a private room for those sessions of these people (uid: floor) that
        have none yet, so that they get no older events."""
        for session in self.of_people(floors):
            if room not in session.floors:
                session.set_floors({room: floors[session.uid]})

    def people(self) -> list[str]:
        """The uids of all people with a session on this gateway."""
        return list(self._by_uid)

    def session_infos(self) -> Iterator[SessionInfo]:
        """The sessions that a new link registers, each as it is when it is read.

        Sessions that are gone and rooms that are being left are left out: the broker may know of
        the end already, and would otherwise publish one more join and leave.
        """
        for s in list(self):
            if s.uid and not s.gone:
                rooms = sorted({*s.rooms}.difference(s.leaving))
                yield SessionInfo(sid=s.socket.sid, uid=s.uid, plain=s.plain, rooms=rooms)
