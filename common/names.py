"""Names: of rooms and of people, as everybody must spell and compare them."""

import re
import unicodedata

from common.errors import Refused

ROOM_NAME_CHARS = 64
USER_NAME_CHARS = 40
TYPED_CHARS = 4 * ROOM_NAME_CHARS
"""As many characters as a name may have before it is normalised: no character is made of more than
four. What is longer is refused unread, since normalising takes the square of the length."""
SYSTEM = "system"
"""The room of announcements to all, and the name that signs them: nobody can take either."""
LOBBY = "lobby"
"""The room of the plain form."""
_PLAIN_ROOM = re.compile(rf"[a-z0-9._-]{{1,{ROOM_NAME_CHARS}}}\Z")
_JOINERS = "\u200c\u200d"  # needed inside words of some scripts and inside emoji


def room_key(name: str) -> str:
    """A public room's name as it is compared and shown: NFC, lower case.

    Raises Refused("bad_request") unless it has 1 to 64 letters, digits, `-`, `_` or `.`.
    """
    if _PLAIN_ROOM.match(name):
        return name
    key = ""
    if len(name) <= TYPED_CHARS:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())
    if not 1 <= len(key) <= ROOM_NAME_CHARS or not all(c.isalnum() or c in "-_." for c in key):
        raise Refused(
            "bad_request",
            f"room names have 1 to {ROOM_NAME_CHARS} letters, digits, '-', '_' or '.'",
        )
    return key


def is_private(room: str) -> bool:
    """Private rooms live under `@`, which no public name contains."""
    return room.startswith("@")


def user_name(name: str) -> str:
    """A person's name as it is shown: NFC, trimmed, runs of spaces made one.

    Raises Refused("bad_name") if it is not 1 to 40 characters or has control characters, invisible
    characters, or commas (the plain form's list is joined by them).
    """
    clean = re.sub(" +", " ", name).strip()
    if len(clean) > TYPED_CHARS:
        raise Refused("bad_name", f"names have 1 to {USER_NAME_CHARS} characters")
    clean = re.sub(" +", " ", unicodedata.normalize("NFC", clean)).strip()
    if not 1 <= len(clean) <= USER_NAME_CHARS:
        raise Refused("bad_name", f"names have 1 to {USER_NAME_CHARS} characters")
    for char in clean:
        hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        if char in ",\ufffd" or (hidden and char not in _JOINERS):
            raise Refused("bad_name", "names have no commas, control or invisible characters")
    if clean.strip(_JOINERS + " \u00a0\u3000") == "":
        raise Refused("bad_name", "names need a visible character")
    return clean


def user_key(name: str) -> str:
    """What two names are compared by: without regard to case."""
    return unicodedata.normalize("NFC", name.casefold())
