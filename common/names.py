"""Names: of rooms and of people, as everybody must spell and compare them.

All rules come from Unicode's own data. The Unicode of one Python knows more characters than that of
another, so unassigned ones are refused: a key never changes when Python does (but for emoji, which
have their places reserved and are never folded).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from common.errors import Refused

ROOM_NAME_CHARS = 64
USER_NAME_CHARS = 40
TYPED_CHARS = 3 * ROOM_NAME_CHARS
"""As many characters as a name may have before it is normalised: letters in use are made of three
at most. What is longer is refused unread, since normalising takes the square of the length."""
SYSTEM = "system"
"""The room of announcements to all, and the name that signs them: nobody can take either."""
LOBBY = "lobby"
"""The room of the plain form."""

_PLAIN_ROOM = re.compile(rf"[a-z0-9._-]{{1,{ROOM_NAME_CHARS}}}\Z")
_IGNORABLES = (  # Default_Ignorable_Code_Point, of DerivedCoreProperties.txt
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANKS = "\u2800\U0001d159\U00013441\U00013442"  # symbols and letters that leave no ink
_IGNORABLE = re.compile(f"[{_IGNORABLES}]")
_BLANK = re.compile(f"[{_BLANKS}]")
_INVISIBLE = re.compile(rf"[\s\ufff9-\ufffb{_BLANKS}{_IGNORABLES}]*\Z")
_JOINERS = "\u200c\u200d"  # needed inside words of some scripts and inside emoji
_STAND_INS = "\ufffc\ufffd"  # for what could not be shown
_DOT = "\u30fb"  # between Japanese words, in identifiers since Unicode 15.1
_KEPT = re.compile("[\u0e33\u0eb3\u3131-\u318e]")
"""Letters that a room's name keeps, since it is shown: taken apart (NFKC), Thai and Lao vowels
would stand behind the tone that they carry, and Korean letters would become syllables."""


def room_key(name: str) -> str:
    """A public room's name as it is compared and shown: letters in their plain form (full width,
    bold, circled … are the same), without invisible characters, case folded, NFC.

    Raises Refused("bad_request") unless it has 1 to 64 letters, marks, digits, `-`, `_` or `.`.
    """
    return name if _PLAIN_ROOM.match(name) else _room_key(name)


@lru_cache(maxsize=512)  # every message names its room
def _room_key(name: str) -> str:
    key = ""
    if len(name) <= TYPED_CHARS:
        key = _folded("".join(map(_plain, _IGNORABLE.sub("", name))), "NFC")
    if not 1 <= len(key) <= ROOM_NAME_CHARS or not _is_room(key):
        raise Refused(
            "bad_request",
            f"a room's name has 1 to {ROOM_NAME_CHARS} letters, digits, '-', '_' or '.';"
            " put '-' for a space",
        )
    return key


def is_private(room: str) -> bool:
    """Private rooms live under `@`, which no public name contains."""
    return room.startswith("@")


def user_name(name: str) -> str:
    """A person's name as it is shown: NFC, trimmed, all white space as single spaces.

    Raises Refused("bad_name") if it is not 1 to 40 characters, leaves no ink, or has control,
    format or unassigned characters, or commas (the plain form's list is joined by them). Joiners
    and variation selectors are kept: words and emoji need them.
    """
    clean = name.strip()
    if len(clean) <= TYPED_CHARS:
        clean = _BLANK.sub(" ", unicodedata.normalize("NFC", clean)).strip()
        clean = "".join(" " if unicodedata.category(c) == "Zs" else c for c in clean)
        clean = re.sub(" +", " ", clean)
    if len(clean) > USER_NAME_CHARS:
        raise Refused("bad_name", f"a name has at most {USER_NAME_CHARS} characters")
    if not any(map(_leaves_ink, clean)):
        raise Refused("bad_name", "a name needs a letter, a digit or a sign that can be seen")
    if "," in clean:
        raise Refused("bad_name", "a name has no comma: leave it out")
    if not all(map(_is_namely, clean)):
        raise Refused(
            "bad_name", "this name has a control, format or unknown character: type it anew"
        )
    return clean


def user_key(name: str) -> str:
    """What two names are compared by: case, width and other compatible forms, invisible characters
    and the kind of white space do not count (NFKC_Casefold of the Unicode Standard, D147).

    To compare by UTS 39 skeletons too, take them here, and key the stored names anew
    (broker/store/schema.py).
    """
    if name.isascii():
        return " ".join(name.lower().split())
    return " ".join(_folded(_BLANK.sub(" ", _IGNORABLE.sub("", name)), "NFKC").split())


def is_invisible(text: str) -> bool:
    """Whether nothing of it can be seen: white space and invisible characters only. Controls may be
    shown, as boxes with their numbers."""
    return _INVISIBLE.match(text) is not None


def cut(name: str, chars: int) -> str:
    """The beginning of a name, of so many characters at most, that ends where a character as people
    see it ends (nearly Unicode's grapheme clusters, UAX 29)."""
    end = chars
    while 0 < end < len(name) and _holds_together(name, end):
        end -= 1
    return name[: end or chars].rstrip()


def _folded(text: str, form: Literal["NFC", "NFKC"]) -> str:
    """Case folded, in this normal form; to fold the result again changes nothing."""
    text = unicodedata.normalize("NFD", text).casefold()
    text = unicodedata.normalize(form, text).casefold()
    return unicodedata.normalize(form, text)


def _plain(char: str) -> str:
    """The compatible form, if it is one of letters: that of a fraction has a sign in it."""
    if char.isascii() or _KEPT.match(char):
        return char
    plain = unicodedata.normalize("NFKC", char)
    letters = all(c.isalnum() or unicodedata.category(c)[0] == "M" or c == _DOT for c in plain)
    return plain if letters else char


def _is_room(key: str) -> bool:
    marks = unicodedata.category(key[0])[0] == "M"
    return not marks and all(
        c in "-." or c == _DOT or c.isalnum() or f"_{c}".isidentifier() for c in key
    )


def _leaves_ink(char: str) -> bool:
    """By itself, as marks do not."""
    known = unicodedata.category(char)[0] in "LNPS" or _is_picture(char)
    return known and not is_invisible(char)


def _is_namely(char: str) -> bool:
    if char.isascii():
        return char.isprintable()
    if char in _STAND_INS:
        return False
    category = unicodedata.category(char)
    if category == "Cf":
        return char in _JOINERS
    return category not in ("Cc", "Cs", "Cn", "Zl", "Zp") or _is_picture(char)


def _is_picture(char: str) -> bool:
    """An emoji that is newer than this Python: its place is reserved (Extended_Pictographic)."""
    return "\U0001f300" <= char <= "\U0001faff"


def _holds_together(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if after.isascii():
        return False
    if unicodedata.category(after)[0] == "M" or _IGNORABLE.match(after) or before == "\u200d":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":  # the colour of a skin
        return True
    if "\U0001f1e6" <= after <= "\U0001f1ff":  # two letters are one flag
        flags = len(text[:at]) - len(text[:at].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
        return flags % 2 == 1
    if unicodedata.combining(before) == 9:  # a virama, which joins two consonants
        return True
    return after in "\u0e33\u0eb3" or "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7ff"
