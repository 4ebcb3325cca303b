"""An arrival: one socket on its way from where it stopped reading a room to where the room is."""

from collections.abc import Callable

from gateway.frames import Frame
from gateway.sessions import Session

OWED_BYTES = 128 << 10
"""An arrival is sent to only while its socket owes less than this, so that a long recovery never
looks like a slow reader."""
STALLED_S = 5.0
"""Who reads no byte of that for so long is cut off."""


class Arrival:
    """One socket on its way. `cursor`: it has all up to here. `head` is what its join's ack told:
    it settles no earlier. `fresh`: it gets the newest page up to `head`, which begins somewhere
    above `cursor`."""

    __slots__ = ("cursor", "fresh", "head", "owed", "reset", "session", "stalled_at")

    def __init__(self, session: Session, cursor: int, head: int, fresh: bool) -> None:
        self.session = session
        self.cursor = cursor
        self.head = head
        self.fresh = fresh
        self.reset: Frame | None = None
        """It is to be sent this first."""
        self.owed = 0
        """Bytes that it owed when it was looked at last, if those are too many."""
        self.stalled_at = 0.0
        """When it began to owe just as many."""

    def start_over(self, again: Frame, lowest: int, head: int) -> None:
        """The room begins anew: `again` tells the socket so."""
        self.reset = again
        self.cursor = lowest
        self.head = head
        self.fresh = True

    def owes_much(self, clock: Callable[[], float]) -> bool:
        """It has to read first."""
        socket = self.session.socket
        owed = socket.owed_bytes
        if owed <= OWED_BYTES:
            self.owed = 0
            return False
        now = clock()
        if owed != self.owed:
            self.owed, self.stalled_at = owed, now
        elif now - self.stalled_at > STALLED_S:
            socket.cut_off_unread()
        return True
