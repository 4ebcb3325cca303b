"""The names in use: which person has which name now, and which name a newcomer gets. Names are
compared by their keys (common.names.user_key)."""

from common.names import SYSTEM, USER_NAME_CHARS, cut, user_key

_SYSTEM_KEY = user_key(SYSTEM)


class NamesInUse:
    """At most one person uses a name: somebody who is connected, or whose name is still held."""

    def __init__(self) -> None:
        self._uids: dict[str, str] = {}

    def uid_of(self, key: str) -> str | None:
        """The uid of the person who uses the name with this key."""
        return self._uids.get(key)

    def take(self, name: str, uid: str) -> None:
        self._uids[user_key(name)] = uid

    def free(self, name: str, uid: str) -> None:
        """Does nothing if somebody else uses the name by now."""
        key = user_key(name)
        if self._uids.get(key) == uid:
            del self._uids[key]

    def choose(self, wanted: str, uid: str, current: str = "") -> str:
        """Returns the wanted name or, if somebody else uses it, a free one with a number added.

        A person whose `current` name is such a numbered one keeps it, so that a repeated request
        changes nothing. If n people want the same name, the cost is O(log n).
        """
        if self._is_free(wanted, uid):
            return wanted
        if current and _is_numbered(current, wanted) and self._is_free(current, uid):
            return current
        free = 2
        while not self._is_free(_numbered(wanted, free), uid):
            free *= 2
        taken = free // 2
        while free - taken > 1:
            middle = (free + taken) // 2
            if self._is_free(_numbered(wanted, middle), uid):
                free = middle
            else:
                taken = middle
        return _numbered(wanted, free)

    def _is_free(self, name: str, uid: str) -> bool:
        key = user_key(name)
        return key != _SYSTEM_KEY and self._uids.get(key, uid) == uid


def _numbered(name: str, number: int) -> str:
    """`ann` and 2 make `ann2`, `host02` and 2 make `host02-2`. The name is cut, so that the result
    is not longer than a name may be."""
    suffix = str(number)
    if _ends_in_digit(name) or _ends_in_digit(cut(name, USER_NAME_CHARS - len(suffix))):
        suffix = f"-{number}"
    return cut(name, USER_NAME_CHARS - len(suffix)) + suffix


def _ends_in_digit(name: str) -> bool:
    return user_key(name)[-1:].isdigit()


def _is_numbered(name: str, wanted: str) -> bool:
    """Whether `name` is the wanted name with some number added."""
    digits = len(name) - len(name.rstrip("0123456789"))
    numbers = (name[-length:] for length in range(1, digits + 1))
    return any(n[0] != "0" and _numbered(wanted, int(n)) == name for n in numbers)
