"""The origins: the sites whose pages may connect (HUBBUB_ORIGINS). Pure."""

from functools import lru_cache
from urllib.parse import urlsplit

from common.hosts import REMEMBERED

_PORTS = {"http": ":80", "https": ":443"}


class Origins:
    """An empty setting allows the origin that serves the page, `*` allows every origin, any other
    list allows the listed origins and our own."""

    def __init__(self, setting: str) -> None:
        self._listed = frozenset(listed(setting))
        self._all = "*" in self._listed
        self._allows = lru_cache(REMEMBERED)(self._is_allowed)

    def allow(self, origin: str | None, host: str) -> bool:
        """`host` is the request's Host header. Headers that proxies add are not believed, because
        anybody can send them.

        The origin's scheme is not compared with ours, which a proxy that terminates TLS hides. An
        origin of None is refused here; the library does not ask about a request without one.
        """
        if origin is None:
            return False
        return self._all or self._allows(origin, host)

    def _is_allowed(self, origin: str, host: str) -> bool:
        return _spelled(origin) in self._listed or _own(origin, host)


def listed(setting: str) -> list[str]:
    """The entries of a setting, spelled as browsers spell an origin."""
    return [_spelled(entry) for entry in map(str.strip, setting.split(",")) if entry]


def _spelled(origin: str) -> str:
    """In lower case, without a slash at the end, without the scheme's own port."""
    clean = origin.lower().rstrip("/")
    return clean.removesuffix(_PORTS.get(clean.partition(":")[0], "/"))


def _own(origin: str, host: str) -> bool:
    try:
        url = urlsplit(_spelled(origin))
    except ValueError:
        return False
    if url.scheme not in _PORTS or not url.netloc:
        return False
    return url.netloc == host.lower().removesuffix(_PORTS[url.scheme])
