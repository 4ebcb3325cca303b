"""One catch-up: how far one socket has come on its way to being subscribed to a room."""

from collections.abc import Callable

from gateway.protocol.frames import Frame
from gateway.rooms.sessions import Session

UNSENT_BYTES = 128 << 10
"""A socket is sent more events only while it has at most this many unsent bytes, so that a long
catch-up never looks like a slow reader."""
STALLED_S = 5.0
"""A socket whose unsent bytes have not changed for this long is cut off."""


class CatchUp:
    """The state of one socket's catch-up. `CatchUps` does the work."""

    __slots__ = ("cursor", "fresh", "join_head", "reset", "session", "stalled_at", "unsent_bytes")

    def __init__(self, session: Session, cursor: int, join_head: int, fresh: bool) -> None:
        self.session = session
        self.cursor = cursor
        """The socket has all events up to this Seq."""
        self.join_head = join_head
        """The Seq that the ack of the join named: the socket is subscribed no earlier."""
        self.fresh = fresh
        """Whether the socket gets the newest page up to `join_head` and the page's beginning, which
        is somewhere above `cursor`, is not known yet."""
        self.reset: Frame | None = None
        """The `reset` that the socket is to be sent before anything else."""
        self.unsent_bytes = 0
        """The socket's unsent bytes when they were last found to be too many, else 0."""
        self.stalled_at = 0.0
        """Since when (monotonic) the number of unsent bytes has not changed."""

    def start_over(self, reset: Frame, lowest: int, head: int) -> None:
        """Starts over with the room: the socket is sent `reset`, then the newest page up to `head`,
        whose first Seq is above `lowest`."""
        self.reset = reset
        self.cursor = lowest
        self.join_head = head
        self.fresh = True

    def must_read_first(self, clock: Callable[[], float]) -> bool:
        """Whether the socket has too many unsent bytes to be sent more now. A socket that has read
        nothing for STALLED_S is cut off."""
        socket = self.session.socket
        unsent_bytes = socket.unsent_bytes
        if unsent_bytes <= UNSENT_BYTES:
            self.unsent_bytes = 0
            return False
        now = clock()
        if unsent_bytes != self.unsent_bytes:
            self.unsent_bytes, self.stalled_at = unsent_bytes, now
        elif now - self.stalled_at > STALLED_S:
            socket.cut_off_unread()
        return True
