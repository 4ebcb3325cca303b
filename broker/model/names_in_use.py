"""The name book: who uses which name now. Names are compared by their key. Pure."""

from common.names import SYSTEM, USER_NAME_CHARS, cut, user_key

_SYSTEM_KEY = user_key(SYSTEM)


class NamesInUse:
    """A name is used by one person at most: somebody who is here, or whose name is held."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}

    def user(self, key: str) -> str | None:
        """The uid of who uses this name."""
        return self._users.get(key)

    def take(self, name: str, uid: str) -> None:
        self._users[user_key(name)] = uid

    def free(self, name: str, uid: str) -> None:
        """Does nothing if somebody else uses the name by now."""
        key = user_key(name)
        if self._users.get(key) == uid:
            del self._users[key]

    def choose(self, wanted: str, uid: str, current: str = "") -> str:
        """The wanted name, or if somebody else uses it, one like it that is free.

        Whoever has such a name already (`current`) keeps it: asking again changes nothing. Costs
        O(log n) when n people want the same name.
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
        return key != _SYSTEM_KEY and self._users.get(key, uid) == uid


def _numbered(name: str, number: int) -> str:
    """`ann` and 2 make `ann2`, `host02` and 2 `host02-2`; the whole is cut to the length that a
    name may have."""
    suffix = str(number)
    if _ends_in_digit(name) or _ends_in_digit(cut(name, USER_NAME_CHARS - len(suffix))):
        suffix = f"-{number}"
    return cut(name, USER_NAME_CHARS - len(suffix)) + suffix


def _ends_in_digit(name: str) -> bool:
    return user_key(name)[-1:].isdigit()


def _is_numbered(name: str, wanted: str) -> bool:
    digits = len(name) - len(name.rstrip("0123456789"))
    numbers = (name[-length:] for length in range(1, digits + 1))
    return any(n[0] != "0" and _numbered(wanted, int(n)) == name for n in numbers)
