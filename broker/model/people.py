"""The people whom the core has in memory."""

from broker.model.eviction import EvictionQueue
from broker.model.records import Person
from common.names import user_key


class People:
    """People by uid. A person without sessions and without a held name is evictable: the store has
    them as well."""

    def __init__(self) -> None:
        self._by_uid: dict[str, Person] = {}
        self._evictable = EvictionQueue()

    def get(self, uid: str) -> Person | None:
        return self._by_uid.get(uid)

    def add(self, person: Person, now: float) -> None:
        """The person is evictable until `keep` says otherwise."""
        self._by_uid[person.uid] = person
        self._evictable.add(person.uid, now)

    def make_evictable(self, person: Person, now: float) -> None:
        self._evictable.add(person.uid, now)

    def touch(self, uid: str, now: float) -> None:
        """The person was used just now."""
        self._evictable.touch(uid, now)

    def keep(self, person: Person) -> None:
        """The person is not evictable until `make_evictable` says otherwise."""
        self._evictable.keep(person.uid)

    def evict(self, now: float, clean_before: float) -> None:
        """Forgets evictable people (see EvictionQueue)."""
        for uid in self._evictable.take_expired(now, clean_before):
            del self._by_uid[uid]

    def with_name(self, uids: tuple[str, ...], key: str) -> list[Person]:
        """Those of these people whose name still has this key, without plain ones."""
        found = [self._by_uid[uid] for uid in uids if uid in self._by_uid]
        return [person for person in found if not person.plain and user_key(person.name) == key]

    def __len__(self) -> int:
        return len(self._by_uid)
