"""The inbound packets of one connection: handled in order, few requests in flight at a time."""

from collections import deque
from collections.abc import Sequence
from sys import getsizeof
from typing import Protocol

from gateway.protocol.attachments import Attachments, Whole
from gateway.protocol.packets import Attachment, Closed, Malformed, Message, Pong, read_engine
from gateway.transport.engine_port import EnginePort
from gateway.transport.heartbeat import Heartbeat
from gateway.transport.idle import IdleTraffic

READ_AHEAD_BYTES = 32 << 10
"""From a browser whose requests wait only so much is read: enough to notice when it closes."""
STEP_PACKETS, STEP_BYTES = 32, 8 << 10
"""After so many packets of one browser, or so many bytes in them, other browsers have their
turn."""


class InboundOwner(Protocol):
    """The connection whose packets these are."""

    engine: EnginePort
    heartbeat: Heartbeat

    closed: bool
    closing: bool

    @property
    def may_ask(self) -> bool:
        """The next packet may be handled now."""

    def on_packet(self, text: str) -> None:
        """A Socket.IO packet has come. Raises Malformed."""

    def on_attachments(self, packet: Whole) -> None:
        """The last attachment of this packet has come. Raises Malformed."""

    def on_peer_close(self) -> None:
        """The browser says that it closes the connection."""

    def on_all_handled(self) -> None:
        """All packets that have come are handled."""

    def adjust_reading(self) -> None:
        """`may_read_more` may have changed."""

    def refuse(self, why: str) -> None: ...
    def cut_off(self) -> None: ...


class Inbound:
    """Packets wait here while the socket has as many requests in flight as it may have. This is
    work_queue.Work, so that a browser with many packets keeps nobody waiting, and a
    backlog.BacklogHolder for what waits."""

    __slots__ = (
        "_counted_bytes", "_handling", "_idle", "_owner", "_packets", "_waiting_bytes",
        "attachments", "paused",
    )  # fmt: skip

    def __init__(self, owner: InboundOwner) -> None:
        self.paused = False
        """Packets wait since the socket may not ask now; little more is read from the browser."""
        self.attachments: Attachments | None = None
        """A packet has come, and its attachments are on their way."""
        self._owner: InboundOwner | None = owner
        """None at the end: the cycle is broken, which leaves nothing to the garbage collector."""
        self._packets: deque[str | bytes | None] | None = None
        self._waiting_bytes = 0
        self._counted_bytes = 0
        """`_waiting_bytes` as the backlog knows them."""
        self._handling = False
        self._idle: IdleTraffic | None = None

    @property
    def may_read_more(self) -> bool:
        return self._waiting_bytes <= READ_AHEAD_BYTES

    def receive(self, packets: Sequence[str | bytes | None]) -> None:
        """These packets have come, after those before. None is a binary one that was too large."""
        owner = self._owner
        if (
            len(packets) == 1
            and self._packets is None  # none waits
            and owner is not None
            and not (self._handling or owner.closing)
            and owner.may_ask
        ):
            self._handling = True
            self._handle(owner, packets[0])
            self._handling = False
            if self._packets is None and not owner.closed:
                owner.on_all_handled()
            return
        if self._packets is None:
            self._packets = deque()
        for packet in packets:
            self._packets.append(packet)
            self._waiting_bytes += getsizeof(packet)
        if self.paused:
            self._adjust_reading()
        else:
            self._handle_some()

    def resume(self) -> None:
        """The socket may ask again."""
        if self.paused:
            self._handle_some()

    def drop(self) -> None:
        """The connection is over."""
        self._packets = self.attachments = None
        self._waiting_bytes = 0
        self._update_backlog()
        self._owner = None

    def count_idle(self, packets: int = 1) -> None:
        """The packet that is being handled asks for nothing. Raises Malformed if there were too
        many like it."""
        self._idle = self._idle or IdleTraffic()
        if self._owner is not None:
            self._idle.add(packets, self._owner.engine.work_queue.now())

    def step(self) -> bool:
        """Handles more packets after other browsers had their turn (work_queue.Work)."""
        if not self.paused:
            self._handle_some()
        return False

    def failed(self) -> None:
        """(work_queue.Work)"""
        if self._owner is not None:
            self._owner.cut_off()

    def crowd_out(self) -> None:
        """(backlog.BacklogHolder)"""
        self._counted_bytes = 0
        if self._owner is not None:
            self._owner.refuse("too many packets of all browsers wait, and these the longest")

    def _handle_some(self) -> None:
        owner = self._owner
        if owner is None or owner.closed or self._handling:
            return
        self._handling, self.paused = True, False
        handled_bytes = 0
        for _ in range(STEP_PACKETS):
            if not self._packets or owner.closing or handled_bytes > STEP_BYTES:
                break
            if not owner.may_ask:
                self.paused = True
                break
            packet = self._packets.popleft()
            size = getsizeof(packet)
            self._waiting_bytes -= size
            handled_bytes += size
            self._handle(owner, packet)
        self._handling = False
        if owner.closed:
            return
        if self._packets and not owner.closing:
            if not self.paused:
                owner.engine.work_queue.wake(self)
        else:
            self._packets, self._waiting_bytes = None, 0
            owner.on_all_handled()
        self._adjust_reading()

    def _adjust_reading(self) -> None:
        self._update_backlog()
        if self._owner is not None:
            self._owner.adjust_reading()

    def _update_backlog(self) -> None:
        if self._owner is not None and self._waiting_bytes != self._counted_bytes:
            self._counted_bytes = self._waiting_bytes
            self._owner.engine.backlog.hold(self, self._counted_bytes)

    def _handle(self, owner: InboundOwner, packet: str | bytes | None) -> None:
        """Handles one packet. A bad one, and a fault of ours, ends the connection."""
        try:
            if type(packet) is str and packet[:1] == "4" and self.attachments is None:
                owner.on_packet(packet[1:])  # as nearly always
            else:
                self._handle_any(owner, packet)
        except Malformed as error:
            owner.refuse(str(error))
        except Exception:
            owner.engine.failed()
            owner.cut_off()

    def _handle_any(self, owner: InboundOwner, packet: str | bytes | None) -> None:
        """Raises Malformed."""
        read = read_engine(packet)
        if isinstance(read, Message):
            if self.attachments is not None:
                raise Malformed("a text packet in place of an attachment")
            owner.on_packet(read.text)
        elif isinstance(read, Attachment):
            if self.attachments is None:
                raise Malformed("an attachment without an event before it")
            whole = self.attachments.add(read.data)
            if whole is not None:
                self.attachments = None
                owner.on_attachments(whole)
        elif isinstance(read, Closed):
            owner.on_peer_close()
        else:
            self.count_idle()
            if isinstance(read, Pong):
                owner.heartbeat.pong()
