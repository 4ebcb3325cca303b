"""The inbound packets of one connection: heard in order, as far as its socket may ask."""

from collections import deque
from collections.abc import Iterable
from sys import getsizeof
from typing import Protocol

from gateway.protocol.attachments import Attachments, Whole
from gateway.protocol.packets import Attachment, Closed, Malformed, Message, Pong, read_engine
from gateway.transport.engine_port import EnginePort
from gateway.transport.heartbeat import Heartbeat
from gateway.transport.idle import Idle

AHEAD_BYTES = 32 << 10
"""What is read of a browser whose requests wait: a little, so that an end is noticed."""
BREATH_PACKETS, BREATH_BYTES = 32, 8 << 10
"""After so many packets of one browser, or so much in them, the others have their turn."""


class InboundOwner(Protocol):
    """The connection whose packets these are."""

    engine: EnginePort
    pulse: Heartbeat
    closed: bool
    closing: bool

    @property
    def may_ask(self) -> bool:
        """The next packet may be handled now."""

    def on_packet(self, text: str) -> None:
        """A Socket.IO packet has come. Raises Malformed."""

    def on_attachments(self, packet: Whole) -> None:
        """The last attachment of this packet has come. Raises Malformed."""

    def wave(self) -> None:
        """The browser closes the connection."""

    def pace(self) -> None:
        """More may be read now, or no more, as `few` says."""

    def heard_all(self) -> None:
        """All packets that have come are handled."""

    def refuse(self, why: str) -> None: ...
    def cut_off(self) -> None: ...


class Inbound:
    """It is slices.Work, and backlog.Holder for what waits."""

    __slots__ = (
        "_connection", "_counted", "_hearing", "_idle", "_packets", "_waiting_bytes", "attachments",
        "held",
    )  # fmt: skip

    def __init__(self, connection: InboundOwner) -> None:
        self.held = False
        """What has come waits, for the socket may not ask more now: it is read no further."""
        self.attachments: Attachments | None = None
        """The attachments of a packet that has come are awaited."""
        self._connection: InboundOwner | None = connection
        """None once it is over: the two know each other, and leave no work to the collector."""
        self._packets: deque[str | bytes | None] | None = None
        self._waiting_bytes = self._counted = 0
        """What is in the packets, and what the backlog knows of it."""
        self._hearing = False
        self._idle: Idle | None = None

    @property
    def few(self) -> bool:
        """More may be read."""
        return self._waiting_bytes <= AHEAD_BYTES

    def take_in(self, packets: Iterable[str | bytes | None]) -> None:
        """These have come, after those before."""
        if self._packets is None:
            self._packets = deque()
        for packet in packets:
            self._packets.append(packet)
            self._waiting_bytes += getsizeof(packet)
        if self.held:
            self._pace()
        else:
            self._hear_some()

    def go_on(self) -> None:
        """The socket may ask more."""
        if self.held:
            self._hear_some()

    def drop(self) -> None:
        """It is over."""
        self._packets = self.attachments = None
        self._waiting_bytes = 0
        self._count()
        self._connection = None

    def asks_nothing(self, packets: int = 1) -> None:
        """What is being heard asks for nothing. Raises Malformed if there was too much of it."""
        self._idle = self._idle or Idle()
        if self._connection is not None:
            self._idle.add(packets, self._connection.engine.slices.now())

    def step(self) -> bool:
        """Goes on after the others had their turn (slices.Work)."""
        if not self.held:
            self._hear_some()
        return False

    def failed(self) -> None:
        if self._connection is not None:
            self._connection.cut_off()

    def crowd_out(self) -> None:
        """(backlog.Holder)"""
        self._counted = 0
        if self._connection is not None:
            self._connection.refuse("packets that wait, while too many of them do")

    def _hear_some(self) -> None:
        connection = self._connection
        if connection is None or connection.closed or self._hearing:
            return
        self._hearing, self.held = True, False
        heard_bytes = 0
        try:
            for _ in range(BREATH_PACKETS):
                if not self._packets or connection.closing or heard_bytes > BREATH_BYTES:
                    break
                if not connection.may_ask:
                    self.held = True
                    break
                packet = self._packets.popleft()
                size = getsizeof(packet)
                self._waiting_bytes -= size
                heard_bytes += size
                self._hear(connection, packet)
        except Malformed as error:
            connection.refuse(str(error))
        except Exception:
            connection.engine.failed()
            connection.cut_off()
        finally:
            self._hearing = False
        if connection.closed:
            return
        if self._packets and not connection.closing:
            if not self.held:
                connection.engine.slices.wake(self)
        else:
            self._packets, self._waiting_bytes = None, 0
            connection.heard_all()
        self._pace()

    def _pace(self) -> None:
        self._count()
        if self._connection is not None:
            self._connection.pace()

    def _count(self) -> None:
        """Tells the backlog what waits."""
        if self._connection is not None and self._waiting_bytes != self._counted:
            self._counted = self._waiting_bytes
            self._connection.engine.backlog.hold(self, self._counted)

    def _hear(self, connection: InboundOwner, packet: str | bytes | None) -> None:
        heard = read_engine(packet)
        if isinstance(heard, Message):
            if self.attachments is not None:
                raise Malformed("text, where an attachment is awaited")
            connection.on_packet(heard.text)
        elif isinstance(heard, Attachment):
            if self.attachments is None:
                raise Malformed("an attachment that belongs to nothing")
            whole = self.attachments.add(heard.data)
            if whole is not None:
                self.attachments = None
                connection.on_attachments(whole)
        elif isinstance(heard, Closed):
            connection.wave()
        else:
            self.asks_nothing()
            if isinstance(heard, Pong):
                connection.pulse.pong()
