"""The origins: pages of which sites may connect (HUBBUB_ORIGINS). Pure."""

from urllib.parse import urlsplit

_PORTS = {"http": ":80", "https": ":443"}


class Origins:
    """Empty = the origin that serves the page; `*` = all; else the listed ones and our own."""

    def __init__(self, setting: str) -> None:
        self._listed = frozenset(listed(setting))
        self._all = "*" in self._listed

    def allow(self, origin: str | None, host: str) -> bool:
        """`host` is the request's Host. What proxies add is not believed: anybody can send it.

        Schemes are not compared with ours: a proxy that speaks TLS hides them. None is no page:
        the library lets it in without asking here.
        """
        if origin is None:
            return False
        return self._all or _spelled(origin) in self._listed or _own(origin, host)


def listed(setting: str) -> list[str]:
    """The entries of a setting, spelled as browsers spell an origin."""
    return [_spelled(entry) for entry in map(str.strip, setting.split(",")) if entry]


def _spelled(origin: str) -> str:
    """Lower case, no slash at the end, no port that the scheme has anyway."""
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
