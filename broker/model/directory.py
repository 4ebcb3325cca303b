"""The directory: people, their names, and the sockets that they are connected by.

The directory knows rooms by name only. What is appended or published in a room is decided in
`broker.model.room`; both exchange only values, so that rooms could one day be in another broker.
"""

import hmac
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache, partial
from itertools import islice, takewhile
from typing import TypeVar

from broker.effects import IdentityFact
from broker.model.gateways import Gateways
from broker.model.names_in_use import NamesInUse
from broker.model.people import People
from broker.model.records import Gateway, Person, Session
from common.names import is_private
from common.settings import Settings

UID_CHARS = 16
DIRECT_CHARS = 22
"""Lengths of a uid and of a direct room's name without its `@`, in characters of 6 bits."""
UIDS = 1_000
"""The keys whose uids are remembered: a join needs its uid when its facts are read, and again when
it is executed."""


class Directory:
    """People, the names that they use or hold, gateways, and the gateways' sessions."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self._settings = settings
        self._keyed = hmac.new(secret, digestmod="sha256")
        self._uid_of = lru_cache(UIDS)(partial(_uid_of, self._keyed))
        self.people = People()
        self.names = NamesInUse()
        self.gateways = Gateways(settings.lease, settings.move_grace)
        self._held: OrderedDict[str, float] = OrderedDict()
        """The uids of people without sessions whose names are held, each with when they left."""
        self._lost: OrderedDict[Session, float] = OrderedDict()
        """Sessions whose connections broke, each with the end of its leave grace."""
        self._unconfirmed: OrderedDict[tuple[Session, str], float] = OrderedDict()
        """Rooms of sessions that the gateway did not name (`mark_unconfirmed`), each with the end
        of its leave grace."""

    def uid_of(self, key: str) -> str:
        """The uid that belongs to the token with this hash."""
        return self._uid_of(key)

    def direct_room(self, uid: str, other_uid: str) -> str:
        """The name of the direct room of two people. It is always the same, and cannot be guessed
        without the store's secret."""
        uids = f"{min(uid, other_uid)},{max(uid, other_uid)}"
        return "@" + _digest(self._keyed, f"direct:{uids}".encode(), DIRECT_CHARS)

    # --- people ----------------------------------------------------------------------------------

    def load(self, fact: IdentityFact, now: float) -> Person:
        """Adds a person as the store has them, evictable. A person who is here stays as they
        are."""
        person = self.people.get(fact.uid)
        if person is None:
            person = Person(fact)
            self.people.add(person, now)
        return person

    def hold_name(self, person: Person, now: float) -> None:
        """The person's last session ended: nobody else gets their name for HUBBUB_NAME_HOLD. A
        plain person's name is free at once."""
        if person.plain:
            self.names.free(person.name, person.uid)
            self.people.make_evictable(person, now)
        else:
            self.names.take(person.name, person.uid)
            self.people.keep(person)
            self._held[person.uid] = now
            self._held.move_to_end(person.uid)

    def rename(self, person: Person, name: str) -> None:
        self.names.free(person.name, person.uid)
        self.names.take(name, person.uid)
        person.name = name

    def release_names(self, now: float, clean_before: float) -> None:
        """Frees the names that were held long enough. A name stays held until the store knows that
        its bearer has left: otherwise neither memory nor the store would lead from the name to its
        bearer."""
        while self._held:
            uid, held_at = next(iter(self._held.items()))
            if held_at + self._settings.name_hold > now or held_at >= clean_before:
                return
            del self._held[uid]
            person = self.people.get(uid)
            if person is not None:
                self.names.free(person.name, uid)
                self.people.make_evictable(person, now)

    # --- sessions --------------------------------------------------------------------------------

    def connect(self, gateway: Gateway, sid: str, person: Person, plain: bool) -> Session:
        """Adds a session of this person, whose name is in use from now on."""
        session = Session(gateway, sid, person, plain)
        gateway.sessions[sid] = session
        person.sessions.add(session)
        person.gateways[gateway.id] = person.gateways.get(gateway.id, 0) + 1
        person.seen = 0.0
        self._held.pop(person.uid, None)
        self.people.keep(person)
        self.names.take(person.name, person.uid)
        return session

    def disconnect(self, session: Session, person: Person, now: float, wall: float) -> bool:
        """Removes a session, which has left all its rooms before. Returns True if it was the
        person's last one."""
        self._lost.pop(session, None)
        del session.gateway.sessions[session.sid]
        person.sessions.discard(session)
        _decrement(person.gateways, session.gateway.id)
        if person.sessions:
            return False
        person.seen = wall
        self.hold_name(person, now)
        return True

    def enter_room(self, session: Session, person: Person, room: str, head: int) -> bool:
        """The session enters this room, whose head is given. Returns True if the person becomes a
        participant by it: they had no other session in it, and the room is public."""
        session.rooms[room] = head
        if is_private(room):
            return False
        session.gateway.rooms[room] = session.gateway.rooms.get(room, 0) + 1
        sessions = person.public_rooms.get(room, 0)
        person.public_rooms[room] = sessions + 1
        return sessions == 0

    def leave_room(self, session: Session, person: Person, room: str) -> bool:
        """The session leaves this room. Returns True if the person is no longer a participant."""
        del session.rooms[room]
        self._unconfirmed.pop((session, room), None)
        if is_private(room):
            return False
        _decrement(session.gateway.rooms, room)
        return _decrement(person.public_rooms, room)

    def mark_lost(self, session: Session, now: float) -> None:
        """The session's connection broke. It stays in its rooms for the leave grace."""
        if not session.lost:
            session.lost = True
            self._lost[session] = now + self._settings.leave_grace

    def mark_found(self, session: Session) -> None:
        """The session is connected."""
        if session.lost:
            session.lost = False
            self._lost.pop(session, None)

    def expired_lost(self, now: float, limit: int) -> list[Session]:
        """Up to `limit` lost sessions whose leave grace is over."""
        return _expired(self._lost, now, limit)

    def mark_unconfirmed(self, session: Session, room: str, now: float) -> None:
        """The gateway did not name this room of the session. Either the session has left it, or
        the answer to its join was lost and the join will be repeated: it has the leave grace to
        do so."""
        self._unconfirmed.setdefault((session, room), now + self._settings.leave_grace)

    def confirm(self, session: Session, room: str) -> bool:
        """The session is in this room. Returns False if that was unconfirmed until now."""
        return self._unconfirmed.pop((session, room), None) is None

    def expired_unconfirmed(self, now: float, limit: int) -> list[tuple[Session, str]]:
        """Up to `limit` unconfirmed rooms of sessions whose leave grace is over."""
        return _expired(self._unconfirmed, now, limit)

    def gateways_of(self, uids: Iterable[str]) -> list[str]:
        """The ids of the gateways at which any of these people has a session."""
        ids: dict[str, None] = {}
        for uid in uids:
            person = self.people.get(uid)
            if person is not None:
                ids.update(dict.fromkeys(person.gateways))
        return list(ids)


def _uid_of(keyed: hmac.HMAC, key: str) -> str:
    return _digest(keyed, key.encode(), UID_CHARS)


def _digest(keyed: hmac.HMAC, words: bytes, chars: int) -> str:
    """The first characters of the HMAC of these words."""
    # `hmac.digest` would hash the secret again each time, and release the interpreter's lock, for
    # which this thread would then have to wait.
    digest = keyed.copy()
    digest.update(words)
    return urlsafe_b64encode(digest.digest())[:chars].decode()


_T = TypeVar("_T")


def _expired(deadlines: OrderedDict[_T, float], now: float, limit: int) -> list[_T]:
    """Up to `limit` keys whose deadlines are over. The deadlines ascend."""
    return list(islice(takewhile(lambda key: deadlines[key] <= now, deadlines), limit))


def _decrement(counts: dict[str, int], key: str) -> bool:
    """Lowers a count by one, and removes it at 0. Returns True if it was removed."""
    counts[key] -= 1
    if counts[key] == 0:
        del counts[key]
        return True
    return False
