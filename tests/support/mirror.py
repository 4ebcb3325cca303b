"""The mirror: what a client knows that only follows the broker's answers and broadcasts."""

from broker.effects import Publish, Send
from common.messages import (
    Event,
    Happened,
    Join,
    Joined,
    Listed,
    Presence,
    Said,
    events_topic,
    gateway_topic,
    presence_topic,
)
from tests.support.roster import Roster


def read_page(roster: Roster, page: Listed, after: str = "") -> None:
    """The roster reads this page of the broker; a first page starts over."""
    if not after:
        roster.begin()
    roster.read(
        after,
        page.users,
        count=page.count,
        version=page.version,
        more=page.more,
        crowd=page.crowd,
    )


class Mirror:
    """Fails an assertion at the first answer or broadcast that cannot be right."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Event]] = {}
        self.rosters: dict[str, Roster] = {}
        self.followed: dict[str, Roster] = {}
        """Rosters that get no pages meanwhile."""
        self.read: dict[str, Roster] = {}
        """Rosters that get the names in small pages, with other things between."""
        self.deaf = False
        """If true, no changes reach the rosters in `hard`."""
        self.hard: dict[str, Roster] = {}
        """Rosters that miss some changes."""
        self.missed: set[str] = set()
        """The rooms whose last change the roster in `hard` has missed."""
        self.lines: dict[str, set[str]] = {}
        """By room: the names in the plain list, while it need not be requested again."""
        self.said: dict[tuple[str, str, str], tuple[int, float]] = {}
        self.private: dict[str, set[str]] = {}
        self.members_at: dict[str, set[str]] = {}
        """Gateways, each with the uids that were ever there."""
        self.names: dict[str, str] = {}
        self.term = 0

    def roster(self, room: str) -> Roster:
        return self.rosters.setdefault(room, Roster())

    def restarted(self) -> None:
        """The link is new: changes of presence may have been missed."""
        for rosters in (self.rosters, self.followed, self.read, self.hard):
            rosters.clear()
        self.missed.clear()
        self.lines.clear()

    def sees(self, release: Publish) -> None:
        message = release.message
        assert message.term >= self.term
        self.term = message.term
        match message:
            case Happened():
                self._happened(release.topic, message)
            case Presence():
                assert release.topic == presence_topic(message.room)
                self.lines.pop(message.room, None)
                self.roster(message.room).changed(message)
                for rosters in (self.followed, self.read):
                    if message.room in rosters:
                        rosters[message.room].changed(message)
                if message.room in self.hard:
                    if self.deaf:
                        self.missed.add(message.room)
                    else:
                        self.missed.discard(message.room)
                        self.hard[message.room].changed(message)
            case _:
                pass

    def joined(self, gateway: str, command: Join, answer: Joined) -> None:
        self.members_at.setdefault(gateway, set()).add(answer.uid)
        head = len(self.logs.get(answer.room, []))
        assert answer.head <= head, "an ack came before its event"

    def said_so(self, uid: str, send: Send) -> None:
        answer = send.answer
        assert isinstance(answer, Said)
        key = (answer.room, uid, answer.id)
        first = self.said.setdefault(key, (answer.seq, answer.timestamp))
        assert first == (answer.seq, answer.timestamp), "a repeat got another answer"
        event = self.logs[answer.room][answer.seq - 1]
        assert (event.kind, event.uid, event.id) == ("message", uid, answer.id)

    def _happened(self, topic: str, message: Happened) -> None:
        room = message.room
        log = self.logs.setdefault(room, [])
        if room.startswith("@"):
            here = [g for g in self.members_at if gateway_topic(g) == topic]
            assert len(here) == 1, f"a private event on {topic!r}"
            assert set(message.to) & self.members_at[here[0]], "no member was ever there"
            assert self.private.setdefault(room, set(message.to)) == set(message.to)
            if message.events[0].seq <= len(log):
                assert log[message.events[0].seq - 1] == message.events[0]
                return
        else:
            assert topic == events_topic(room)
            assert not message.to
        for event in message.events:
            assert event.seq == len(log) + 1, f"a hole or a repeat in {room}"
            log.append(event)
