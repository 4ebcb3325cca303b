"""The sessions: which socket is whom, and where it is."""

from collections.abc import Iterable, Iterator, Mapping

from common.messages import SessionInfo
from gateway.protocol.frames import Frame
from gateway.transport.sockets import Socket

_NO_FLOORS: dict[str, int] = {}
"""That of all who have none: never changed."""


class Session:
    """One socket: who it is, as far as the broker has said so. There are many: what most do not
    need takes no memory of its own."""

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
        """What the next join is made with; proven only once `uid` is there."""
        self.user: str | None = None
        """The name that the handshake gave."""
        self.uid = ""
        """Empty until the first join is acked."""
        self.known_to_broker = False
        """The broker was asked about it."""
        self.plain = False
        self.rooms: tuple[str, ...] = ()
        """Where the broker has acked that it is; private rooms only if it joined them."""
        self.leaving: tuple[str, ...] = ()
        """Of its rooms those that it asked to leave, unanswered so far."""
        self.floors = _NO_FLOORS
        """Per private room its floor."""
        self.joins_pending = 0
        """Private events wait while joins of the handshake are answered."""
        self.gone = False

    def enter(self, room: str) -> None:
        if room not in self.rooms:
            self.rooms = (*self.rooms, room)

    def exit(self, room: str) -> None:
        self.rooms = tuple(name for name in self.rooms if name != room)

    def floor(self, room: str) -> int:
        """The Seq of a private room up to which nothing is to be sent (any more)."""
        return self.floors.get(room, 0)

    def set_floors(self, floors: Mapping[str, int]) -> None:
        if floors and self.floors is _NO_FLOORS:
            self.floors = {}
        self.floors.update(floors)

    def send_away(self, code: str, message: str) -> None:
        """For good, saying why."""
        if not self.gone:
            self.socket.close(Frame.event("refused", {"code": code, "message": message}))


class Sessions:
    """All sockets of this gateway, by id and by person."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Session] = {}
        self._by_uid: dict[str, Session | dict[Session, None]] = {}
        """Most have one."""

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
        """The broker has said who this is."""
        session.uid = uid
        own = self._by_uid.setdefault(uid, session)
        if isinstance(own, dict):
            own[session] = None
        elif own is not session:
            self._by_uid[uid] = {own: None, session: None}

    def drop(self, session: Session) -> None:
        """The broker knows that this socket is gone."""
        self._by_sid.pop(session.socket.sid, None)
        own = self._by_uid.get(session.uid)
        if isinstance(own, dict):
            own.pop(session, None)
        if not own or own is session:
            self._by_uid.pop(session.uid, None)

    def of_people(self, uids: Iterable[str]) -> Iterator[Session]:
        """The sockets here of these people."""
        for uid in uids:
            own = self._by_uid.get(uid, {})
            yield from own if isinstance(own, dict) else (own,)

    def set_first_floors(self, room: str, floors: Mapping[str, int]) -> None:
        """Sockets of these people (uid: floor) that have not heard of this private room are told
        nothing older."""
        for session in self.of_people(floors):
            if room not in session.floors:
                session.set_floors({room: floors[session.uid]})

    def people(self) -> list[str]:
        """The uids of all who are here."""
        return list(self._by_uid)

    def session_infos(self) -> Iterator[SessionInfo]:
        """What a new link registers, each as it is when it is read. Without who has gone and what
        is being left: the broker may know it already, and would tell everybody of one more coming
        and going."""
        for s in list(self):
            if s.uid and not s.gone:
                rooms = sorted({*s.rooms}.difference(s.leaving))
                yield SessionInfo(sid=s.socket.sid, uid=s.uid, plain=s.plain, rooms=rooms)
