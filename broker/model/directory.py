"""The directory: who people are, what they are called, and which sockets are theirs. Pure.

It knows rooms by their names only: who said what, and what a room tells of it, is the room's.
"""

import hmac
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice, takewhile
from typing import TypeVar

from broker.effects import IdentityFact, PutSession
from broker.model.gateways import Gateways
from broker.model.names_in_use import NamesInUse
from broker.model.people import People
from broker.model.records import Gateway, Person, Session
from common.names import is_private
from common.settings import Settings

UID_CHARS = 16
DIRECT_CHARS = 22


class Directory:
    """People, names, gateways and their sessions."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self._settings = settings
        self._secret = secret
        self.people = People()
        self.names = NamesInUse()
        self.gateways = Gateways(settings.lease, settings.move_grace)
        self._held: OrderedDict[str, float] = OrderedDict()
        self._lost: OrderedDict[Session, float] = OrderedDict()
        self._unconfirmed: OrderedDict[tuple[Session, str], float] = OrderedDict()

    def uid_of(self, key: str) -> str:
        """The uid of whoever has the token with this hash."""
        return self._digest(key.encode(), UID_CHARS)

    def direct_room(self, one: str, other: str) -> str:
        """The room of two people: always the same, and nobody else can tell it."""
        return "@" + self._digest(
            f"direct:{min(one, other)},{max(one, other)}".encode(), DIRECT_CHARS
        )

    def _digest(self, words: bytes, chars: int) -> str:
        return urlsafe_b64encode(hmac.digest(self._secret, words, "sha256"))[:chars].decode()

    # --- people ----------------------------------------------------------------------------------

    def load(self, fact: IdentityFact, now: float) -> Person:
        """Somebody as the store knows them, at rest; does nothing if they are known already."""
        person = self.people.get(fact.uid)
        if person is None:
            person = Person(fact)
            self.people.add(person)
            self.people.rest(person, now)
        return person

    def hold_name(self, person: Person, now: float) -> None:
        """Somebody has left: their name is theirs for a while. A plain person's is free."""
        if person.plain:
            self.names.free(person.name, person.uid)
            self.people.rest(person, now)
        else:
            self.names.take(person.name, person.uid)
            self.people.wake(person)
            self._held[person.uid] = now
            self._held.move_to_end(person.uid)

    def rename(self, person: Person, name: str) -> None:
        self.names.free(person.name, person.uid)
        self.names.take(name, person.uid)
        person.name = name

    def release_names(self, now: float, clean_before: float) -> None:
        """Ends the holds that are over. A name stays until the store knows that it was left: else
        it would be nobody's for a moment, and its bearer could not be found."""
        while self._held:
            uid, left = next(iter(self._held.items()))
            if left + self._settings.name_hold > now or left >= clean_before:
                return
            del self._held[uid]
            person = self.people.get(uid)
            if person is not None:
                self.names.free(person.name, uid)
                self.people.rest(person, now)

    # --- sessions --------------------------------------------------------------------------------

    def connect(self, gateway: Gateway, sid: str, person: Person, plain: bool) -> Session:
        """A new socket of this person, who is here from now on."""
        session = Session(gateway, sid, person, plain)
        gateway.sessions[sid] = session
        person.sessions.add(session)
        person.gateways[gateway.id] = person.gateways.get(gateway.id, 0) + 1
        person.seen = 0.0
        self._held.pop(person.uid, None)
        self.people.wake(person)
        self.names.take(person.name, person.uid)
        return session

    def disconnect(self, session: Session, person: Person, now: float, wall: float) -> bool:
        """The socket is gone, and was unseated everywhere before. Returns True if it was the
        person's last: they are away."""
        self._lost.pop(session, None)
        del session.gateway.sessions[session.sid]
        person.sessions.discard(session)
        _less(person.gateways, session.gateway.id)
        if person.sessions:
            return False
        person.seen = wall
        self.hold_name(person, now)
        return True

    def enter_room(self, session: Session, person: Person, room: str, head: int) -> bool:
        """The socket is in this room. Returns True if the person was not in it before."""
        session.rooms[room] = head
        if is_private(room):
            return False
        session.gateway.rooms[room] = session.gateway.rooms.get(room, 0) + 1
        public_rooms = person.public_rooms.get(room, 0)
        person.public_rooms[room] = public_rooms + 1
        return public_rooms == 0

    def leave_room(self, session: Session, person: Person, room: str) -> bool:
        """The socket leaves this room. Returns True if the person is not in it any more."""
        del session.rooms[room]
        self._unconfirmed.pop((session, room), None)
        if is_private(room):
            return False
        _less(session.gateway.rooms, room)
        return _less(person.public_rooms, room)

    def mark_lost(self, session: Session, now: float) -> None:
        """The socket's connection broke: it has the leave grace."""
        if not session.lost:
            session.lost = True
            self._lost[session] = now + self._settings.leave_grace

    def mark_found(self, session: Session) -> None:
        """The socket was not lost after all."""
        if session.lost:
            session.lost = False
            self._lost.pop(session, None)

    def mark_unconfirmed(self, session: Session, room: str, now: float) -> None:
        """The gateway does not know that this socket is in the room: either it has left, or the
        answer to its join was lost, and the join will come again. It has the leave grace."""
        self._unconfirmed.setdefault((session, room), now + self._settings.leave_grace)

    def confirm(self, session: Session, room: str) -> bool:
        """The socket is in the room after all. Returns False if that was in doubt."""
        return self._unconfirmed.pop((session, room), None) is None

    def expired_unconfirmed(self, now: float, limit: int) -> list[tuple[Session, str]]:
        return _due(self._unconfirmed, now, limit)

    def expired_lost(self, now: float, limit: int) -> list[Session]:
        return _due(self._lost, now, limit)

    def gateways_of(self, uids: Iterable[str]) -> list[str]:
        """The gateways at which somebody of these is."""
        found: dict[str, None] = {}
        for uid in uids:
            person = self.people.get(uid)
            if person is not None:
                found.update(dict.fromkeys(person.gateways))
        return list(found)


def session_row(session: Session) -> PutSession:
    return PutSession(
        session.gateway.id, session.sid, session.uid, session.plain, dict(session.rooms)
    )


_T = TypeVar("_T")


def _due(deadlines: OrderedDict[_T, float], now: float, limit: int) -> list[_T]:
    return list(islice(takewhile(lambda one: deadlines[one] <= now, deadlines), limit))


def _less(counts: dict[str, int], key: str) -> bool:
    """Takes one away. Returns True if none is left."""
    counts[key] -= 1
    if counts[key] == 0:
        del counts[key]
        return True
    return False
