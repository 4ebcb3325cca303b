"""The chat on this gateway: browsers send requests, the broker answers and broadcasts.

Owns no data: everything here can be thrown away and requested from the broker again.
"""

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, assert_never

from common import messages as m
from common.errors import Refused
from common.settings import Settings
from gateway.chat.dispatcher import Dispatcher
from gateway.chat.joins import Joins
from gateway.chat.limits import STANDARD, ChatLimits
from gateway.chat.maintenance import Maintenance
from gateway.protocol import parsing
from gateway.protocol.acks import error_ack
from gateway.protocol.frames import Frame
from gateway.rooms.context import RoomContext
from gateway.rooms.marks import Marks
from gateway.rooms.plain_rosters import PlainRosters
from gateway.rooms.room_table import RoomTable
from gateway.rooms.sessions import Sessions
from gateway.runtime.metrics import Metrics
from gateway.runtime.ports import Broker, Loop
from gateway.transport.sockets import Reply, Socket

log = logging.getLogger(__name__)


class Chat:
    """Implements `sockets.Handler` for browsers and `link.ports.LinkListener` for the link."""

    def __init__(
        self,
        settings: Settings,
        gateway: str,
        metrics: Metrics,
        link: Broker,
        loop: Loop,
        limits: ChatLimits = STANDARD,
    ) -> None:
        self.gateway = gateway
        self.metrics = metrics
        self.sessions = Sessions()
        self._page, self._text_chars = settings.page, settings.text_chars
        rosters = PlainRosters(link, loop, settings.crowd)
        self.context = RoomContext(
            settings, link, self.sessions, metrics, rosters, loop, limits.chunk_sockets
        )
        self.marks = Marks(link, self.context.work_queue, loop)
        self.rooms = RoomTable(settings, link, self.sessions, self.context, self.marks, loop)
        self.joins = Joins(link, self.rooms, self.sessions, loop, limits.joins_in_flight)
        self.dispatcher = Dispatcher(link, self.joins, metrics, loop, settings.request_timeout)
        self.maintenance = Maintenance(gateway, link, self.rooms, self.marks, self.context, loop)

    # --- browsers (sockets.Handler) --------------------------------------------------------------

    def connected(self, socket: Socket, auth: object) -> None:
        session = self.sessions.add(socket)
        self.rooms.subscribe_to_system(session)
        self.maintenance.greet(socket)
        try:
            request = parsing.parse_auth(auth)
            if request is not None:
                return self.joins.welcome(session, request)
        except Refused as refused:
            socket.send(Frame.event("joined", error_ack(refused.code, refused.message)))
        socket.release()

    def requested(self, socket: Socket, event: str, args: list[Any], reply: Reply) -> None:
        session = self.sessions.get(socket.sid)
        if session is None or session.gone:
            return reply(None)
        self.metrics.events_in.inc()
        try:
            request = parsing.parse_request(
                event, args, session.plain, self._page, self._text_chars
            )
            self.dispatcher.dispatch(session, request, reply)
        except Refused as refused:
            reply(error_ack(refused.code, refused.message, refused.retry_after_s))

    def gone(self, socket: Socket, left: bool) -> None:
        session = self.sessions.get(socket.sid)
        if session is None or session.gone:
            return
        session.gone = True
        try:
            self.rooms.leave_all(session)
        finally:
            self.dispatcher.on_gone(session, left, partial(self.sessions.drop, session))

    # --- the link (link.ports.LinkListener) ------------------------------------------------------

    def on_link_up(self, epoch: str, term: int) -> None:
        log.info("linked to the broker, term %d, epoch %s", term, epoch)
        if self.maintenance.epoch not in ("", epoch):
            self._cut_off_members()
        self.rooms.overtaking.forget()
        self.maintenance.on_link_up(epoch)

    def _cut_off_members(self) -> None:
        """A backup was restored: what sockets were sent of private rooms belongs to another log.
        They come back and start over. (Public rooms send a `reset`.)"""
        for session in list(self.sessions):
            if session.floors:
                session.socket.cut_off()

    def on_link_down(self) -> None:
        self.maintenance.on_link_down()

    def session_infos(self) -> Iterator[m.SessionInfo]:
        return self.sessions.session_infos()

    def on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        self.metrics.broadcasts.inc()
        match message:
            case m.Happened():
                self.rooms.on_events(message)
            case m.Marked():
                self.maintenance.on_mark(message)
            case m.Beacon(kicked=sids):
                self._send_away(sids, "banned", "you are banned")
                self.maintenance.on_beacon(message)
            case m.Presence():
                self.rooms.on_presence(message)
            case m.Typing():
                self.rooms.on_typing(message, self.maintenance.epoch)
            case m.Kicked():
                self._send_away(message.sids, message.code, message.message)
            case _:
                assert_never(message)

    def _send_away(self, sids: Sequence[str], code: str, message: str) -> None:
        for sid in sids:
            session = self.sessions.get(sid)
            if session is not None:
                session.send_away(code, message)
