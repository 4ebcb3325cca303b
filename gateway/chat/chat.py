"""The chat on this gateway: browsers ask, the broker answers and publishes, sockets hear.

Holds no truth: all here can be thrown away and fetched again.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, assert_never

from common import messages as m
from common.errors import Refused
from common.names import is_private
from common.settings import Settings
from gateway.chat.dispatcher import Dispatcher
from gateway.chat.maintenance import Maintenance
from gateway.protocol import parsing
from gateway.protocol.acks import error_ack
from gateway.protocol.frames import Frame
from gateway.rooms.context import RoomContext
from gateway.rooms.marks import Marks
from gateway.rooms.plain_rosters import PlainRosters
from gateway.rooms.room import Room
from gateway.rooms.room_table import RoomTable
from gateway.rooms.sessions import Session, Sessions
from gateway.runtime.metrics import Metrics
from gateway.runtime.ports import Broker, Loop
from gateway.transport.sockets import Reply, Socket

log = logging.getLogger(__name__)


class Chat:
    """Implements `sockets.Handler`, `link.Listener` and `requests.Seats`."""

    def __init__(
        self,
        settings: Settings,
        gateway: str,
        metrics: Metrics,
        link: Broker,
        loop: Loop,
    ) -> None:
        self.gateway = gateway
        self.metrics = metrics
        self.sessions = Sessions()
        self._page, self._text_chars = settings.page, settings.text_chars
        rosters = PlainRosters(link, loop, settings.crowd)
        self.context = RoomContext(settings, link, self.sessions, metrics, rosters, loop)
        self.marks = Marks(link, self.context.work_queue, loop)
        self.rooms = RoomTable(settings, link, self.sessions, self.context, self.marks, loop)
        self.requests = Dispatcher(link, self, loop)
        self.upkeep = Maintenance(gateway, link, self.rooms, self.marks, self.context, loop)

    # --- browsers (sockets.Handler) --------------------------------------------------------------

    def connected(self, socket: Socket, auth: object) -> None:
        session = self.sessions.add(socket)
        self.rooms.subscribe_to_system(session)
        self.upkeep.greet(socket)
        try:
            ask = parsing.parse_auth(auth)
            if ask is not None:
                return self.requests.welcome(session, ask, socket.set_ready)
        except Refused as refused:
            socket.send(Frame.event("joined", error_ack(refused.code, refused.message)))
        socket.set_ready()

    def requested(self, socket: Socket, event: str, args: list[Any], reply: Reply) -> None:
        session = self.sessions.get(socket.sid)
        if session is None or session.gone:
            return reply(None)
        self.metrics.events_in.inc()
        try:
            ask = parsing.parse(event, args, session.plain, self._page, self._text_chars)
            self.requests.request(session, ask, self._timed(ask, reply))
        except Refused as refused:
            reply(error_ack(refused.code, refused.message, refused.retry_after_s))

    def _timed(self, ask: parsing.Request, reply: Reply) -> Reply:
        """The same reply; the time until the ack of a message is measured."""
        if not isinstance(ask, parsing.ChatRequest | parsing.PlainChat):
            return reply
        began = time.perf_counter()

        def timed_reply(ack: dict[str, Any] | None) -> None:
            if ack is not None:
                self.metrics.ack_seconds.observe(time.perf_counter() - began)
            reply(ack)

        return timed_reply

    def gone(self, socket: Socket, left: bool) -> None:
        session = self.sessions.get(socket.sid)
        if session is None or session.gone:
            return
        session.gone = True
        try:
            self.rooms.leave_all(session)
        finally:
            self.requests.gone(session, left, partial(self.sessions.drop, session))

    # --- seats (requests.Seats) ------------------------------------------------------------------

    def joined(self, session: Session, answer: m.Joined, since: m.Since | None) -> bool:
        if not session.uid:
            self.sessions.bind(session, answer.uid)
            session.set_floors(answer.private)
            if session.plain:
                self.rooms.on_plain()
            for name in answer.private:
                if self.rooms.get(name) is not None:
                    self.rooms.private(name, answer.epoch, [session])
        if answer.again or self._hears(session, answer):
            return True
        session.enter(answer.room)
        cursor = since.seq if since is not None and answer.recovered else None
        room: Room
        if is_private(answer.room):
            if self.rooms.get(answer.room) is None:
                self.rooms.look_up(answer.room)  # other members may be here
            room = self.rooms.private(answer.room, answer.epoch, [session])
        else:
            room = self.rooms.public(answer.room)
        if room.was_sent(session):
            cursor = None  # newer lines went out already: start over rather than out of order
        room.catch_up(session, cursor, answer.head)
        self.rooms.on_head(answer.room, answer.epoch, answer.head)
        return cursor is not None

    def _hears(self, session: Session, answer: m.Joined) -> bool:
        """The socket is in the room, even if the broker was in doubt of it: a join and a leave,
        both unanswered, came again on a new link."""
        room = self.rooms.get(answer.room)
        if room is None or answer.room not in session.rooms or is_private(answer.room):
            return False
        return room.replica.epoch == answer.epoch

    def left(self, session: Session, room: str) -> None:
        if room in session.rooms and not is_private(room):
            session.exit(room)
            self.rooms.leave(room, session)

    # --- the link (link.Listener) ----------------------------------------------------------------

    def on_link_up(self, epoch: str, term: int) -> None:
        log.info("linked to the broker, term %d, epoch %s", term, epoch)
        if self.upkeep.epoch not in ("", epoch):
            self._begin_anew()
        self.upkeep.on_link_up(epoch)

    def _begin_anew(self) -> None:
        """A backup was restored. What sockets were sent of private rooms is of another log: they
        come back and are told anew. (Public rooms are `reset`.)"""
        for session in list(self.sessions):
            if session.floors:
                session.socket.cut_off()

    def on_link_down(self) -> None:
        self.upkeep.on_link_down()

    def session_infos(self) -> Iterator[m.SessionInfo]:
        return self.sessions.session_infos()

    def on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        self.metrics.broadcasts.inc()
        match message:
            case m.Happened():
                self.rooms.on_events(message)
            case m.Marked():
                self.upkeep.marked(message)
            case m.Beacon(kicked=sids):
                self._send_away(sids, "banned", "you are banned")
                self.upkeep.beacon(message)
            case m.Presence():
                self.rooms.on_presence(message)
            case m.Typing():
                self.rooms.on_typing(message, self.upkeep.epoch)
            case m.Kicked():
                self._send_away(message.sids, message.code, message.message)
            case _:
                assert_never(message)

    def _send_away(self, sids: Sequence[str], code: str, message: str) -> None:
        for sid in sids:
            session = self.sessions.get(sid)
            if session is not None:
                session.send_away(code, message)
