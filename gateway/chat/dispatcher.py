"""The requests: what a browser asks becomes a command, the broker's answer becomes its ack."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Protocol, assert_never

from common import messages as m
from common.errors import Refused
from common.names import LOBBY
from gateway.chat.join_limiter import JoinLimiter, Make, OnAnswer
from gateway.chat.page_queue import PageQueue
from gateway.protocol import parsing as b
from gateway.protocol.acks import ack_of
from gateway.protocol.frames import Frame
from gateway.rooms.sessions import Session
from gateway.runtime.ports import Broker, Loop, report_fault
from gateway.transport.sockets import Reply


class Seats(Protocol):
    """Who takes a socket to the room that the broker has let it into."""

    def joined(self, session: Session, answer: m.Joined, since: m.Since | None) -> bool:
        """Makes ready what the socket will hear; tells whether it recovers. Sends nothing yet."""

    def left(self, session: Session, room: str) -> None: ...


class Dispatcher:
    """Asks the broker for sockets. Questions that it does not answer in time are `unavailable`;
    what changes something is held, or left unanswered, since it may have been done."""

    def __init__(self, link: Broker, seats: Seats, loop: Loop) -> None:
        self.admission = JoinLimiter(link, loop)
        self.pages = PageQueue(link, loop)
        self._link = link
        self._loop = loop
        self._seats = seats

    def welcome(self, session: Session, auth: b.AuthRequest, done: Callable[[], None]) -> None:
        """The joins of a handshake, each answered by a `joined` event; `done` after the last."""
        session.token = auth.token
        session.user = auth.user
        left = len(auth.join)
        if not left:
            return done()
        session.joins_pending += 1

        def reply_for(room: str) -> Reply:
            def reply(ack: dict[str, Any] | None) -> None:
                nonlocal left
                if ack is not None:
                    ack = ack if ack["ok"] else {**ack, "room": room}
                    session.socket.send(Frame.event("joined", ack))
                left -= 1
                if left == 0:
                    session.joins_pending -= 1
                    done()

            return reply

        for ask in auth.join:
            join = b.JoinRequest(room=ask.room, since=ask.since)
            self.request(session, join, reply_for(ask.room))

    def request(self, session: Session, ask: b.Request, reply: Reply) -> None:
        """Does what was asked; `reply` is called once. Raises Refused for what can be refused
        here."""
        sid = session.socket.sid
        match ask:
            case b.PlainJoin(user=user):
                if session.uid and not session.plain:
                    return self._join(session, b.JoinRequest(user=user, room=LOBBY), reply)
                self._join(session, b.JoinRequest(user=user, room=LOBBY), reply, plain=True)
            case b.JoinRequest():
                if session.plain:
                    raise Refused("bad_request", "this socket joined by name only: open another")
                self._join(session, ask, reply)
            case b.PlainChat(message=text):
                self._say(session, LOBBY, text, None, reply)
            case b.ChatRequest(room=room, message=text, id=id):
                self._say(session, room, text, id, reply)
            case b.QuitRequest(room=room):
                self._do(session, m.Quit(no=self._link.number(), sid=sid, room=room), reply, True)
            case b.LeaveRequest(room=room):
                self._leave(session, room, reply)
            case b.PlainTyping(typing=typing):
                self._type(session, LOBBY, typing, reply)
            case b.TypingRequest(room=room, typing=typing):
                self._type(session, room, typing, reply)
            case b.DirectRequest(user=user, uid=uid):
                self._do(
                    session,
                    m.Direct(no=self._link.number(), sid=sid, user=user, uid=uid),
                    reply,
                    True,
                )
            case b.HistoryRequest(room=room, before=given, after=after, limit=limit):
                # Nothing is before 0, nor before 1; to the broker 0 is no bound.
                before = 0 if given is None else max(given, 1)
                self._read(
                    session,
                    lambda no: m.GetHistory(
                        no=no, sid=sid, room=room, before=before, after=after, limit=limit
                    ),
                    reply,
                )
            case b.ParticipantsRequest(room=room, after=name, prefix=prefix, limit=limit):
                self._do(
                    session,
                    m.GetParticipants(
                        no=self._link.number(),
                        sid=sid,
                        room=room,
                        after=name,
                        prefix=prefix,
                        limit=limit,
                    ),
                    reply,
                )
            case b.RoomsRequest(after=room, limit=limit):
                self._read(
                    session, lambda no: m.GetRooms(no=no, sid=sid, after=room, limit=limit), reply
                )
            case _:
                assert_never(ask)

    def gone(self, session: Session, left: bool, told: Callable[[], None]) -> None:
        """The socket has gone; `told` when the broker knows."""
        self.admission.drop(session)
        self.pages.drop(session)
        if not session.known_to_broker:
            return told()
        sid = session.socket.sid
        self._link.ask(
            m.Gone(no=self._link.number(), sid=sid, left=left), lambda _: told(), hold=True
        )

    def _join(
        self, session: Session, ask: b.JoinRequest, reply: Reply, plain: bool = False
    ) -> None:
        if ask.token and session.uid and ask.token != session.token:
            raise Refused("bad_request", "this socket is somebody already: open another")
        if ask.token:
            session.token = ask.token
        token = session.token = session.token or secrets.token_urlsafe(24)
        session.plain = plain
        user = ask.user if ask.user is not None else (None if session.uid else session.user)
        key = hashlib.sha256(token.encode()).hexdigest()
        sid = session.socket.sid

        def answered(answer: m.AnyAnswer | None) -> None:
            if session.gone or not isinstance(answer, m.Joined):
                if isinstance(answer, m.Failed) and not session.uid:
                    session.plain = False
                return reply(ack_of(answer, hold=True))
            recovers = self._seats.joined(session, answer, ask.since)
            ack = {
                "ok": True,
                "user": answer.user,
                "uid": answer.uid,
                "token": token,
                "room": answer.room,
                "epoch": answer.epoch,
                "seq": answer.head,
                "recovered": recovers,
                "count": answer.count,
                "version": answer.version,
                "private": answer.private,
            }
            reply(ack)

        def make(no: int) -> m.Join:
            return m.Join(
                no=no, sid=sid, key=key, room=ask.room, user=user, since=ask.since, plain=plain
            )

        self.admission.join(session, make, self._paid_by(session, answered))

    def _say(self, session: Session, room: str, text: str, id: str | None, reply: Reply) -> None:
        sid, id = session.socket.sid, id or secrets.token_urlsafe(12)
        self._do(
            session,
            m.Say(no=self._link.number(), sid=sid, room=room, text=text, id=id),
            reply,
            hold=True,
        )

    def _leave(self, session: Session, room: str, reply: Reply) -> None:
        sid = session.socket.sid
        session.leaving = (*session.leaving, room)

        def answered(answer: m.AnyAnswer | None) -> None:
            at = session.leaving.index(room)
            session.leaving = session.leaving[:at] + session.leaving[at + 1 :]
            refused = isinstance(answer, m.Failed) and answer.code == "not_joined"
            if isinstance(answer, m.Done) or (refused and room in session.rooms):
                # Refused: it was sent twice, and the answer to the first was lost.
                self._seats.left(session, room)
                return reply({"ok": True})
            reply(ack_of(answer, hold=True))

        on_answer = self._paid_by(session, answered)
        self._link.ask(m.Leave(no=self._link.number(), sid=sid, room=room), on_answer, hold=True)

    def _type(self, session: Session, room: str, typing: bool, reply: Reply) -> None:
        if not self._link.up:
            return reply({"ok": True})  # volatile: nobody would hear it in time
        sid = session.socket.sid
        self._do(session, m.Type(no=self._link.number(), sid=sid, room=room, typing=typing), reply)

    def _read(self, session: Session, make: Make, reply: Reply) -> None:
        """Asks for what the store has to be asked for: each person in turn."""
        on_answer = self._paid_by(session, lambda answer: reply(ack_of(answer, hold=False)))
        self.pages.ask(session, make, on_answer)

    def _do(
        self, session: Session, command: m.AnyCommand, reply: Reply, hold: bool = False
    ) -> None:
        on_answer = self._paid_by(session, lambda answer: reply(ack_of(answer, hold)))
        self._link.ask(command, on_answer, hold=hold)

    def _paid_by(self, session: Session, on_answer: OnAnswer) -> OnAnswer:
        """Does not raise: a socket whose answer fails would wait for ever, so it comes back."""

        def answered(answer: m.AnyAnswer | None) -> None:
            try:
                on_answer(answer)
            except Exception as error:
                report_fault(self._loop, "an answer failed", error)
                session.socket.cut_off()

        return answered
