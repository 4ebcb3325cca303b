"""The participants of one room: their names, sorted, so that they can be read page by page."""

from itertools import islice

from sortedcontainers import SortedList

from common.names import user_key


class NameIndex:
    """Names by uid, sorted by their keys, that is without regard to case."""

    __slots__ = ("_names", "by_uid")

    def __init__(self) -> None:
        self.by_uid: dict[str, str] = {}
        """Only `add` and `remove` change it."""
        self._names: SortedList[tuple[str, str]] = SortedList()

    def __contains__(self, uid: str) -> bool:
        return uid in self.by_uid

    def add(self, uid: str, name: str) -> None:
        self.by_uid[uid] = name
        self._names.add((user_key(name), name))

    def remove(self, uid: str) -> str:
        """Returns the name that was removed."""
        name = self.by_uid.pop(uid)
        self._names.remove((user_key(name), name))
        return name

    def page(self, after: str, prefix: str, limit: int) -> tuple[list[str], bool]:
        """Returns up to `limit` names after the name `after` that begin with the prefix, and
        whether there are more."""
        return page_of(self._names, after, prefix, limit)


def page_of(
    names: "SortedList[tuple[str, str]]", after: str, prefix: str, limit: int
) -> tuple[list[str], bool]:
    """A page as by `NameIndex.page`, of any names that are sorted with their keys."""
    start = user_key(prefix)
    first = names.bisect_left((start, ""))
    if after:
        first = max(first, names.bisect_right((user_key(after), after)))
    page: list[str] = []
    for key, name in islice(names.islice(first), limit + 1):
        if not key.startswith(start):
            break
        page.append(name)
    return page[:limit], len(page) > limit
