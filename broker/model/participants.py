"""The participants of one room: their names, in the order of names. Pure."""

from itertools import islice

from sortedcontainers import SortedList

from common.names import user_key


class NameIndex:
    """Names are in the order of their keys, that is without regard to case."""

    __slots__ = ("_by_uid", "_names")

    def __init__(self) -> None:
        self._by_uid: dict[str, str] = {}
        self._names: SortedList[tuple[str, str]] = SortedList()

    def __len__(self) -> int:
        return len(self._by_uid)

    def __contains__(self, uid: str) -> bool:
        return uid in self._by_uid

    def name(self, uid: str) -> str:
        return self._by_uid[uid]

    def add(self, uid: str, name: str) -> None:
        self._by_uid[uid] = name
        self._names.add((user_key(name), name))

    def remove(self, uid: str) -> str:
        """Returns the name."""
        name = self._by_uid.pop(uid)
        self._names.remove((user_key(name), name))
        return name

    def page(self, after: str, prefix: str, limit: int) -> tuple[list[str], bool]:
        """Names after this one that begin with the prefix, and whether there are more."""
        return page_of(self._names, after, prefix, limit)


def page_of(
    names: "SortedList[tuple[str, str]]", after: str, prefix: str, limit: int
) -> tuple[list[str], bool]:
    """As `NameIndex.page`, of any names with their keys."""
    start = user_key(prefix)
    first = names.bisect_left((start, ""))
    if after:
        first = max(first, names.bisect_right((user_key(after), after)))
    found: list[str] = []
    for key, name in islice(names.islice(first), limit + 1):
        if not key.startswith(start):
            break
        found.append(name)
    return found[:limit], len(found) > limit
