"""Broadcasts that overtake the answer to a join.

Answers and broadcasts come on two connections. So a broadcast of a private room may come before the
answer that tells to which of the room's members a socket belongs, and that answer may be older than
the room.
"""

from common import messages as m

Floors = dict[str, int]
"""Private rooms, and the floor that a member's new socket has there."""


class OvertakingBroadcasts:
    """The private rooms that were broadcast to each person while joins were unanswered.

    A note is kept until all joins that were unanswered then are answered, and then forgotten soon:
    two generations of notes take turns, so that it costs nothing to forget.
    """

    def __init__(self) -> None:
        self._recent: dict[str, Floors] = {}
        self._recent_joins: set[object] = set()
        """The unanswered joins that were sent since `_older` was put aside."""
        self._older: dict[str, Floors] = {}
        self._older_joins: set[object] = set()
        """The unanswered joins that are older; `_older` is kept for these and `_recent_joins`."""

    def join_sent(self, join: object) -> None:
        """A join is on its way; `join` is any object that stands for it."""
        self._recent_joins.add(join)

    def join_answered(self, join: object) -> None:
        """The join was answered, or given up."""
        self._recent_joins.discard(join)
        self._older_joins.discard(join)
        if not self._older_joins:
            self._older, self._older_joins = self._recent, self._recent_joins
            self._recent, self._recent_joins = {}, set()
        if not self._older_joins:
            self._older = {}

    def note(self, news: m.Happened | m.Typing) -> None:
        """A private room was broadcast to these people."""
        if self._recent_joins or self._older_joins:
            for uid in news.to:
                floors = self._recent.setdefault(uid, {})
                floors.setdefault(news.room, news.floors.get(uid, 0))

    def forget(self) -> None:
        """The link is new: joins without an answer are sent again, and the answers will tell all
        that was broadcast before."""
        self._older, self._recent = {}, {}

    def to(self, uid: str) -> Floors:
        """The private rooms that were broadcast to this person."""
        return {**self._recent.get(uid, {}), **self._older.get(uid, {})}
