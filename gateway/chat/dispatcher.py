"""The dispatcher: a browser's request becomes a command, the broker's answer becomes its ack."""

import secrets
from collections.abc import Callable
from typing import assert_never

from common import messages as m
from common.errors import Refused
from common.names import LOBBY
from gateway.chat.joins import Joins
from gateway.chat.page_queue import PageQueue
from gateway.chat.pending_request import PendingChat, PendingRequest
from gateway.protocol import requests as r
from gateway.rooms.sessions import Session
from gateway.runtime.metrics import Metrics
from gateway.runtime.ports import Broker, Loop
from gateway.transport.sockets import Reply


class Dispatcher:
    """Sends to the broker what sockets request. A question without an answer in time is answered
    `unavailable`. A command that changes something is kept for longer, and then left without an
    ack, since the broker may have executed it."""

    def __init__(
        self, link: Broker, joins: Joins, metrics: Metrics, loop: Loop, timeout_s: float
    ) -> None:
        """`timeout_s`: how long a question may wait for its answer."""
        self.pages = PageQueue(link, loop, timeout_s)
        self._link = link
        self._joins = joins
        self._metrics = metrics
        self._loop = loop

    def dispatch(self, session: Session, request: r.Request, reply: Reply) -> None:
        """Does what was requested; `reply` is called once. Raises Refused if the gateway can tell
        that the broker would refuse it."""
        link, sid = self._link, session.socket.sid
        match request:
            case r.PlainJoin(user=user):
                plain = session.plain or not session.uid
                self._joins.join(session, r.JoinRequest(user=user, room=LOBBY), reply, plain)
            case r.JoinRequest():
                if session.plain:
                    raise Refused("bad_request", "this socket joined by name only: open another")
                self._joins.join(session, request, reply)
            case r.LeaveRequest(room=room):
                self._joins.leave(session, room, reply)
            case r.PlainChat(message=text):
                self._say(session, LOBBY, text, None, reply)
            case r.ChatRequest(room=room, message=text, id=id):
                self._say(session, room, text, id, reply)
            case r.QuitRequest(room=room):
                self._change(session, m.Quit(no=link.number(), sid=sid, room=room), reply)
            case r.DirectRequest(user=user, uid=uid):
                direct = m.Direct(no=link.number(), sid=sid, user=user, uid=uid)
                self._change(session, direct, reply)
            case r.PlainTyping(typing=typing):
                self._type(session, LOBBY, typing, reply)
            case r.TypingRequest(room=room, typing=typing):
                self._type(session, room, typing, reply)
            case r.ParticipantsRequest(room=room, after=name, prefix=prefix, limit=limit):
                names = m.GetParticipants(
                    no=link.number(), sid=sid, room=room, after=name, prefix=prefix, limit=limit
                )
                self._ask(session, names, reply)
            case r.HistoryRequest(room=room, before=given, after=after, limit=limit):
                # Nothing is before 0, nor before 1; to the broker 0 is no bound.
                before = 0 if given is None else max(given, 1)
                self._read(
                    session,
                    lambda no: m.GetHistory(
                        no=no, sid=sid, room=room, before=before, after=after, limit=limit
                    ),
                    reply,
                )
            case r.RoomsRequest(after=room, limit=limit):
                self._read(
                    session, lambda no: m.GetRooms(no=no, sid=sid, after=room, limit=limit), reply
                )
            case _:
                assert_never(request)

    def on_gone(self, session: Session, left: bool, on_known: Callable[[], None]) -> None:
        """The socket is gone, and will not come back if it `left`. `on_known` is called when the
        broker knows that, or at once if the broker was never told of the socket."""
        self._joins.limiter.drop(session)
        self.pages.drop(session)
        if not session.known_to_broker:
            return on_known()
        command = m.Gone(no=self._link.number(), sid=session.socket.sid, left=left)
        self._link.ask(command, lambda _: on_known(), hold=True)

    def _say(self, session: Session, room: str, text: str, id: str | None, reply: Reply) -> None:
        pending = PendingChat(session, reply, self._loop, self._metrics.ack_seconds.observe)
        id = id or secrets.token_urlsafe(12)
        no = self._link.number()
        command = m.Say(no=no, sid=session.socket.sid, room=room, text=text, id=id)
        self._link.ask(command, pending.answer, hold=True)

    def _type(self, session: Session, room: str, typing: bool, reply: Reply) -> None:
        if not self._link.up:
            return reply({"ok": True})  # volatile: nobody would see it in time
        no = self._link.number()
        self._ask(session, m.Type(no=no, sid=session.socket.sid, room=room, typing=typing), reply)

    def _change(self, session: Session, command: m.AnyCommand, reply: Reply) -> None:
        """Asks for something that changes the broker's state."""
        pending = PendingRequest(session, reply, self._loop, hold=True)
        self._link.ask(command, pending.answer, hold=True)

    def _ask(self, session: Session, command: m.AnyCommand, reply: Reply) -> None:
        """Asks for something that need not be done if the broker is away."""
        self._link.ask(command, PendingRequest(session, reply, self._loop, hold=False).answer)

    def _read(self, session: Session, make: Callable[[int], m.AnyCommand], reply: Reply) -> None:
        """Asks for something that the broker reads from its store; people take turns."""
        pending = PendingRequest(session, reply, self._loop, hold=False)
        self.pages.ask(session, make, pending.answer)
