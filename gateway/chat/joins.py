"""The joins: how a socket enters and leaves rooms, from its request to its ack."""

import hashlib
import secrets
from functools import partial

from common import messages as m
from common.errors import Refused
from common.names import is_private
from gateway.chat.join_limiter import JoinLimiter
from gateway.chat.pending_request import Ack, PendingRequest
from gateway.protocol.frames import Frame
from gateway.protocol.requests import AuthRequest, JoinRequest
from gateway.rooms.room_table import RoomTable
from gateway.rooms.sessions import Session, Sessions
from gateway.runtime.ports import Broker, Loop
from gateway.transport.sockets import Reply


class Joins:
    """Asks the broker to let sockets into rooms, and catches the sockets up there when it has."""

    def __init__(
        self,
        link: Broker,
        rooms: RoomTable,
        sessions: Sessions,
        loop: Loop,
        joins_in_flight: int,
    ) -> None:
        self.limiter = JoinLimiter(link, loop, joins_in_flight)
        self._link = link
        self._rooms = rooms
        self._sessions = sessions
        self._loop = loop

    # --- requests --------------------------------------------------------------------------------

    def welcome(self, session: Session, auth: AuthRequest) -> None:
        """Joins the rooms of a handshake. Each join is answered by a `joined` event; after the last
        one the socket is released."""
        session.token = auth.token
        session.user = auth.user
        if not auth.join:
            return session.socket.release()
        handshake = _Handshake(session, len(auth.join))
        for asked in auth.join:
            join = JoinRequest(room=asked.room, since=asked.since)
            self.join(session, join, partial(handshake.on_ack, asked.room))

    def join(
        self, session: Session, request: JoinRequest, reply: Reply, plain: bool = False
    ) -> None:
        """Joins a room, or renames. `plain`: from now on the socket is sent the plain form. Raises
        Refused."""
        if request.token and session.uid and request.token != session.token:
            raise Refused("bad_request", "this socket has another token: open a new one")
        if request.token:
            session.token = request.token
        token = session.token = session.token or secrets.token_urlsafe(24)
        session.plain = plain
        user = request.user
        if user is None and not session.uid:
            user = session.user
        key = hashlib.sha256(token.encode()).hexdigest()
        sid = session.socket.sid

        def make(no: int) -> m.Join:
            return m.Join(
                no=no, sid=sid, key=key, room=request.room, user=user, since=request.since,
                plain=plain,
            )  # fmt: skip

        pending = _PendingJoin(session, reply, self._loop, request.since, token, self)
        self._rooms.overtaking.join_sent(pending)
        self.limiter.join(session, make, pending.answer)

    def leave(self, session: Session, room: str, reply: Reply) -> None:
        """Leaves a room."""
        session.leaving = (*session.leaving, room)
        pending = _PendingLeave(session, reply, self._loop, room, self)
        command = m.Leave(no=self._link.number(), sid=session.socket.sid, room=room)
        self._link.ask(command, pending.answer, hold=True)

    # --- what the broker has acked ---------------------------------------------------------------

    def answered(self, join: "_PendingJoin") -> None:
        """The join was answered, or given up, and the answer is handled."""
        self._rooms.overtaking.join_answered(join)

    def enter(self, session: Session, joined: m.Joined, since: m.Since | None) -> bool:
        """Puts the socket into the room, where it is caught up from `since` on, or from the newest
        page. Returns `recovered` of the ack. Sends nothing yet: the caller sends the ack first."""
        if not session.uid:
            self._bind(session, joined)
        if joined.again or self._is_in(session, joined):
            return True
        session.enter(joined.room)
        cursor = since.seq if since is not None and joined.recovered else None
        return self._rooms.join(session, joined.room, joined.epoch, cursor, joined.head)

    def _bind(self, session: Session, joined: m.Joined) -> None:
        """The first join tells who the socket is, and subscribes it to that person's private
        rooms."""
        self._sessions.bind(session, joined.uid)
        if session.plain:
            self._rooms.on_plain()
        self._rooms.add_member(session, joined.epoch, joined.private)

    def _is_in(self, session: Session, joined: m.Joined) -> bool:
        """Whether the socket is in the room already, though the broker did not know: a join and a
        leave, both unanswered, were sent again on a new link."""
        if joined.room not in session.rooms or is_private(joined.room):
            return False
        return self._rooms.epoch_of(joined.room) == joined.epoch

    def exit(self, session: Session, room: str) -> None:
        """Takes the socket out of a public room, if it is there."""
        if room in session.rooms and not is_private(room):
            session.exit(room)
            self._rooms.leave(room, session)


class _Handshake:
    """The joins of one handshake. Private events wait until the last one is answered."""

    def __init__(self, session: Session, joins: int) -> None:
        self._session = session
        self._remaining = joins
        session.joins_pending += 1

    def on_ack(self, room: str, ack: Ack | None) -> None:
        session = self._session
        if ack is not None:
            session.socket.send(Frame.event("joined", ack if ack["ok"] else {**ack, "room": room}))
        self._remaining -= 1
        if self._remaining == 0:
            session.joins_pending -= 1
            session.socket.release()


class _PendingJoin(PendingRequest):
    __slots__ = ("_joins", "_since", "_token")

    def __init__(
        self,
        session: Session,
        reply: Reply,
        loop: Loop,
        since: m.Since | None,
        token: str,
        joins: Joins,
    ) -> None:
        super().__init__(session, reply, loop, hold=True)
        self._since = since
        self._token = token
        self._joins = joins

    def answer(self, answer: m.AnyAnswer | None) -> None:
        super().answer(answer)
        self._joins.answered(self)

    def ack(self, answer: m.AnyAnswer | None) -> Ack | None:
        session = self.session
        if session.gone or not isinstance(answer, m.Joined):
            if isinstance(answer, m.Failed) and not session.uid:
                session.plain = False
            return super().ack(answer)
        recovered = self._joins.enter(session, answer, self._since)
        return {
            "ok": True,
            "user": answer.user,
            "uid": answer.uid,
            "token": self._token,
            "room": answer.room,
            "epoch": answer.epoch,
            "seq": answer.head,
            "recovered": recovered,
            "count": answer.count,
            "version": answer.version,
            "private": answer.private,
        }


class _PendingLeave(PendingRequest):
    __slots__ = ("_joins", "_room")

    def __init__(
        self,
        session: Session,
        reply: Reply,
        loop: Loop,
        room: str,
        joins: Joins,
    ) -> None:
        super().__init__(session, reply, loop, hold=True)
        self._room = room
        self._joins = joins

    def ack(self, answer: m.AnyAnswer | None) -> Ack | None:
        session, room = self.session, self._room
        index = session.leaving.index(room)
        session.leaving = session.leaving[:index] + session.leaving[index + 1 :]
        refused = isinstance(answer, m.Failed) and answer.code == "not_joined"
        if isinstance(answer, m.Done) or (refused and room in session.rooms):
            # Refused: it was sent twice, and the answer to the first was lost.
            self._joins.exit(session, room)
            return {"ok": True}
        return super().ack(answer)
