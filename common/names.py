"""The names of rooms and people: how they are spelt and compared.

All rules come from Unicode's data. Newer Python versions know more characters than older ones, so
unassigned characters are refused: then a key never changes when Python does. (Emoji are an
exception: their places are reserved, and they are never folded.)
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from common.errors import Refused

ROOM_NAME_CHARS = 64
USER_NAME_CHARS = 40
TYPED_CHARS = 3 * ROOM_NAME_CHARS
"""The characters that a name may have before it is normalised: real letters consist of at most
three. A longer name is refused at once, because the time of normalising grows with the square of
the length."""
SYSTEM = "system"
"""The room of announcements to everybody, and the name that signs them: nobody can use either."""
LOBBY = "lobby"
"""The room of clients that use the plain form."""

_PLAIN_ROOM = re.compile(rf"[a-z0-9._-]{{1,{ROOM_NAME_CHARS}}}\Z")
_IGNORABLES = (  # Default_Ignorable_Code_Point, of DerivedCoreProperties.txt
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANKS = "\u2800\U0001d159\U00013441\U00013442"  # symbols and letters that cannot be seen
_IGNORABLE = re.compile(f"[{_IGNORABLES}]")
_BLANK = re.compile(f"[{_BLANKS}]")
_INVISIBLE = re.compile(rf"[\s\ufff9-\ufffb{_BLANKS}{_IGNORABLES}]*\Z")
_JOINERS = "\u200c\u200d"  # needed inside words of some scripts and inside emoji
_STAND_INS = "\ufffc\ufffd"  # shown in place of other characters
_DOT = "\u30fb"  # between Japanese words; allowed in identifiers since Unicode 15.1
_KEPT = re.compile("[\u0e33\u0eb3\u3131-\u318e]")
"""Letters that are kept in a room's name, because the name is shown: NFKC would put Thai and Lao
vowels behind the tone that they carry, and would join Korean letters to syllables."""


def room_key(name: str) -> str:
    """A public room's name as it is compared and shown: with compatible forms of letters (full
    width, bold, circled …) replaced, without invisible characters, case folded, in NFC.

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
            " write '-' instead of a space",
        )
    return key


def is_private(room: str) -> bool:
    """Whether it is a private room: its name begins with `@`, which is not allowed in public
    names."""
    return room.startswith("@")


def user_name(name: str) -> str:
    """A person's name as it is shown: in NFC, trimmed, with single spaces for white space.

    Raises Refused("bad_name") if the name does not have 1 to 40 characters, if it cannot be seen,
    or if it has control, format or unassigned characters, or commas (which separate the names in
    the plain form's list). Joiners and variation selectors are kept: words and emoji need them.
    """
    if _is_plain_name(name):
        return name
    clean = name.strip()
    if len(clean) <= TYPED_CHARS:
        clean = _BLANK.sub(" ", unicodedata.normalize("NFC", clean)).strip()
        clean = "".join(" " if unicodedata.category(c) == "Zs" else c for c in clean)
        clean = re.sub(" +", " ", clean)
    if len(clean) > USER_NAME_CHARS:
        raise Refused("bad_name", f"a name has at most {USER_NAME_CHARS} characters")
    if not any(map(_is_visible, clean)):
        raise Refused("bad_name", "a name needs a letter, a digit or a sign that can be seen")
    if "," in clean:
        raise Refused("bad_name", "a name has no comma: leave it out")
    if not all(map(_is_name_char, clean)):
        raise Refused(
            "bad_name", "this name has a control, format or unknown character: type it anew"
        )
    return clean


@lru_cache(maxsize=4096)  # a join needs the key of one name several times
def user_key(name: str) -> str:
    """The key by which people's names are compared: case, width and other compatible forms,
    invisible characters and the kind of white space make no difference (NFKC_Casefold of the
    Unicode Standard, D147).

    If this function changes, the stored keys have to be computed again (broker/store/rekeying.py).
    """
    if name.isascii():
        return " ".join(name.lower().split())
    return " ".join(_folded(_BLANK.sub(" ", _IGNORABLE.sub("", name)), "NFKC").split())


def is_invisible(text: str) -> bool:
    """Whether the text consists of white space and invisible characters only. Control characters
    are not invisible: they may be shown as boxes with their numbers."""
    return _INVISIBLE.match(text) is not None


def cut(name: str, chars: int) -> str:
    """The longest beginning of a name that has at most `chars` code points and does not end inside
    a character as people see it (nearly Unicode's grapheme clusters, UAX 29)."""
    end = chars
    while 0 < end < len(name) and _joins(name, end):
        end -= 1
    return name[: end or chars].rstrip()


def _folded(text: str, form: Literal["NFC", "NFKC"]) -> str:
    """The text case folded, in this normal form. Folding the result again does not change it."""
    text = unicodedata.normalize("NFD", text).casefold()
    text = unicodedata.normalize(form, text).casefold()
    return unicodedata.normalize(form, text)


def _is_plain_name(name: str) -> bool:
    """Whether this is a person's name of ASCII characters to which all rules of `user_name` apply
    already. Most names are, and the rules cost more than the rest of a join."""
    return (
        1 <= len(name) <= USER_NAME_CHARS
        and name.isascii()
        and name.isprintable()
        and "," not in name
        and "  " not in name
        and name[0] != " " != name[-1]
    )


def _plain(char: str) -> str:
    """The compatible form of a character if that consists of letters, else the character itself:
    the form of a fraction, for one, has a sign in it."""
    if char.isascii() or _KEPT.match(char):
        return char
    plain = unicodedata.normalize("NFKC", char)
    letters = all(c.isalnum() or unicodedata.category(c)[0] == "M" or c == _DOT for c in plain)
    return plain if letters else char


def _is_room(key: str) -> bool:
    begins_with_mark = unicodedata.category(key[0])[0] == "M"
    return not begins_with_mark and all(
        c in "-." or c == _DOT or c.isalnum() or f"_{c}".isidentifier() for c in key
    )


def _is_visible(char: str) -> bool:
    """Whether the character can be seen by itself, unlike a mark."""
    is_known = unicodedata.category(char)[0] in "LNPS" or _is_emoji(char)
    return is_known and not is_invisible(char)


def _is_name_char(char: str) -> bool:
    """Whether a person's name may have this character."""
    if char.isascii():
        return char.isprintable()
    if char in _STAND_INS:
        return False
    category = unicodedata.category(char)
    if category == "Cf":
        return char in _JOINERS
    return category not in ("Cc", "Cs", "Cn", "Zl", "Zp") or _is_emoji(char)


def _is_emoji(char: str) -> bool:
    """Whether it is an emoji, even one that this Python does not know yet: their places are
    reserved (Extended_Pictographic)."""
    return "\U0001f300" <= char <= "\U0001faff"


def _joins(text: str, index: int) -> bool:
    """Whether the characters before and at this index are seen as one."""
    before, after = text[index - 1], text[index]
    if after.isascii():
        return False
    if unicodedata.category(after)[0] == "M" or _IGNORABLE.match(after) or before == "\u200d":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":  # the colour of a skin
        return True
    if "\U0001f1e6" <= after <= "\U0001f1ff":  # two letters are one flag
        flags = len(text[:index]) - len(
            text[:index].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200))))
        )
        return flags % 2 == 1
    if unicodedata.combining(before) == 9:  # a virama, which joins two consonants
        return True
    return after in "\u0e33\u0eb3" or "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7ff"
