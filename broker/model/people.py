"""The people: each person's name, private rooms and places in public ones. Pure."""

from collections import OrderedDict

from broker.model.records import Person
from common.names import user_key

REST_S = 60.0
REST_PEOPLE = 10_000
"""People at rest are forgotten after this time, or when there are more of them."""


class People:
    """Those whom the core knows. Whoever is at rest (no session, no held name) is forgotten after
    a while, but not before all that changed about them is on disk."""

    def __init__(self) -> None:
        self._known: dict[str, Person] = {}
        self._resting: OrderedDict[str, float] = OrderedDict()

    def get(self, uid: str) -> Person | None:
        return self._known.get(uid)

    def add(self, person: Person) -> None:
        self._known[person.uid] = person

    def rest(self, person: Person, now: float) -> None:
        """This person needs not be known for ever; also tells that they were just asked for."""
        self._resting[person.uid] = now
        self._resting.move_to_end(person.uid)

    def touch(self, uid: str, now: float) -> None:
        """As `rest`, for who may or may not be at rest."""
        if uid in self._resting:
            self._resting[uid] = now
            self._resting.move_to_end(uid)

    def wake(self, person: Person) -> None:
        self._resting.pop(person.uid, None)

    def forget(self, now: float, clean_before: float) -> None:
        while self._resting:
            uid, at = next(iter(self._resting.items()))
            if at >= clean_before:
                return
            if now - at < REST_S and len(self._resting) <= REST_PEOPLE:
                return
            del self._resting[uid]
            del self._known[uid]

    def carrying(self, uids: tuple[str, ...], key: str) -> list[Person]:
        """Those of these people whose name is this one still, without plain ones."""
        found = [self._known[uid] for uid in uids if uid in self._known]
        return [person for person in found if not person.plain and user_key(person.name) == key]

    def __len__(self) -> int:
        return len(self._known)
