# ruff: noqa: RUF001
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.errors import Refused
from common.names import cut, is_invisible, is_private, room_key, user_key, user_name

ALL_CHARACTERS = [*map(chr, range(0x110000))]
ASSIGNED = [c for c in ALL_CHARACTERS if unicodedata.category(c) not in ("Cn", "Co", "Cs")]
LETTERS_THAT_STAY = {  # most of Chinese, Korean and the like, which need no test
    c
    for c in ASSIGNED
    if unicodedata.category(c) == "Lo" and unicodedata.normalize("NFKD", c) == c == c.casefold()
}
SOME_OF_ALL = [*ASSIGNED, *sorted({*ALL_CHARACTERS} - {*ASSIGNED})[::16]]
CHANGING = [c for c in ASSIGNED if c not in LETTERS_THAT_STAY]
IGNORABLE = [  # first and last of each range of DerivedCoreProperties.txt
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180d\u180e\u180f\u200b\u200c\u200d\u200e",
    *"\u200f\u202a\u202e\u2060\u2064\u2065\u2066\u2069\u206a\u206f\u3164\ufe00\ufe0e\ufe0f\ufeff",
    *"\uffa0\ufff0\ufff8\U0001bca0\U0001bca3\U0001d173\U0001d17a\U000e0000\U000e0001\U000e0020",
    *"\U000e007f\U000e0100\U000e01ef\U000e0fff",
]
BLANK = [*"\u2800\U0001d159"]
WHITE = [c for c in ASSIGNED if unicodedata.category(c) == "Zs"]


def accepted(check: Callable[[str], str], chars: list[str]) -> Iterator[tuple[str, str]]:
    """Each of these names that is valid, with its key."""
    for char in chars:
        with suppress(Refused):
            yield char, check(char)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("lobby", "lobby"),
        ("Lobby", "lobby"),
        ("a-b_c.9", "a-b_c.9"),
        ("ÄRGER", "ärger"),
        ("A\u0308rger", "ärger"),
        ("日本", "日本"),
        ("हिन्दी", "हिन्दी"),
        ("สวัสดี", "สวัสดี"),
        ("น้ำ", "น้ำ"),
        ("ㅋㅋ", "ㅋㅋ"),
        ("İstanbul", "i\u0307stanbul"),
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("ΟΔΟΣ", "οδοσ"),
        ("οδος", "οδοσ"),
        ("l·l", "l·l"),
        ("ﬁsh", "fish"),
        ("½", "½"),
        ("ｶﾞ", "ガ"),
        ("ド･ガ", "ド・ガ"),
        ("⼀", "一"),
        ("x²", "x2"),
        ("ſyſtem", "system"),
        ("ｓｙｓｔｅｍ", "system"),
        ("𝐬𝐲𝐬𝐭𝐞𝐦", "system"),
        ("sys\u200dtem", "system"),
        ("te\ufe0fa", "tea"),
        ("می\u200cخواهم", "میخواهم"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_room_has_one_spelling(name: str, key: str) -> None:
    assert room_key(name) == key
    assert not is_private(key)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * 65,
        "a b",
        "@x",
        "a/b",
        "a\0",
        "🙂",
        "a,b",
        "#a",
        "\n",
        "\u0301a",
        "\u3164",
        "\ufe0f",
        "ß" * 33,
        "\u0378",
        "\ue000",
    ],
)
def test_a_bad_room_name_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        room_key(name)
    assert caught.value.code == "bad_request"


@given(st.text(max_size=70))
@example("ａ\u0345\u0301")
def test_a_room_key_is_its_own_key(name: str) -> None:
    try:
        key = room_key(name)
    except Refused:
        return
    assert room_key(key) == key
    for form in ("NFC", "NFD"):
        assert room_key(unicodedata.normalize(form, name)) == key


def test_every_character_of_a_room_has_one_spelling() -> None:
    for char, key in accepted(room_key, CHANGING):
        assert room_key(key) == key, ascii(char)
        assert not any(c in key for c in (*IGNORABLE, *BLANK)), ascii(char)
        for form in ("NFC", "NFD"):
            assert room_key(unicodedata.normalize(form, char)) == key, ascii(char)
        with suppress(Refused):
            assert room_key(char.lower()) == key, ascii(char)


def test_a_room_name_of_an_older_version_is_still_valid() -> None:
    """Up to version 0.1 room names had letters and digits in the sense of str.isalnum."""
    for char in CHANGING:
        key = unicodedata.normalize("NFC", char.lower())
        lone = char in "\uff9e\uff9f"  # marks of Japanese consonants, half as wide
        if all(map(str.isalnum, key)) and not is_invisible(char) and not lone:
            assert room_key(char) == room_key(key), ascii(char)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("ann", "ann"),
        ("  ann  of   green gables ", "ann of green gables"),
        ("e\u0301", "é"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("नमस्ते", "नमस्ते"),
        ("क्\u200dष", "क्\u200dष"),
        ("น้ำ", "น้ำ"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("محمد", "محمد"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("ann\u00a0\u2003smith\u3000", "ann smith"),
        ("\u2800ann\u2800\u2800smith", "ann smith"),
        ("\U0001faff", "\U0001faff"),
        ("e\u0301" * 40, "é" * 40),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_name_is_shown_clean(name: str, clean: str) -> None:
    assert user_name(name) == clean


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "x" * 41,
        "a,b",
        "a\nb",
        "a\0",
        "\u200d",
        "a\u202eb",
        "\u2028",
        "\ud800",
        "\u0378",
        "a\u0378",
        "\u0301",
        "\ue000",
        "x" * 193,
        "e\u0301" * 41,
        *IGNORABLE,
        *BLANK,
        *WHITE,
        "\u3164\u2800 \u200d",
    ],
)
def test_a_bad_user_name_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        user_name(name)
    assert caught.value.code == "bad_name"


SOME_ASCII = st.text("aZ09 ,-~_!\t\n\0\x1c\x7f", max_size=45)
ANY_ASCII = st.text(st.characters(max_codepoint=127), max_size=45)


@given(SOME_ASCII | ANY_ASCII)
@example("x" * 40)
@example("x" * 41)
@example("")
@example("ann  smith")
@example(" ann")
@example("ann ")
@example("ann,smith")
@example("ann\tsmith")
def test_a_name_of_ascii_gets_what_the_rules_for_all_names_make_of_it(name: str) -> None:
    """`user_name` has a short way for such names, which the same name with a space that is not
    ASCII does not take."""
    assert _outcome(name) == _outcome(f"{name}\u00a0")


def _outcome(name: str) -> str:
    try:
        return user_name(name)
    except Refused as refused:
        return f"refused: {refused.message}"


@given(st.text(max_size=45))
def test_a_clean_name_stays_as_it_is(name: str) -> None:
    try:
        clean = user_name(name)
    except Refused:
        return
    assert user_name(clean) == clean
    assert user_key(clean) == user_key(name)


def test_an_accepted_name_can_be_seen() -> None:
    """Checked by the categories of Unicode alone, without functions of ours."""
    for char, clean in accepted(user_name, SOME_OF_ALL):
        assert clean not in IGNORABLE, ascii(char)
        assert not is_invisible(char), ascii(char)
        reserved = "\U0001f300" <= char <= "\U0001faff"
        assert reserved or unicodedata.category(char)[0] in "LNPS", ascii(char)


def test_the_key_of_every_character_is_stable() -> None:
    for char in CHANGING:
        key = user_key(char)
        assert user_key(key) == key, ascii(char)
        assert not any(c in key for c in (*IGNORABLE, *BLANK)), ascii(char)
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert user_key(unicodedata.normalize(form, char)) == key, ascii(char)


@given(st.text(max_size=40))
@example("ͅ\u0301Ά")
@example("´\u2800¨")
def test_keys_are_stable_under_normalisation(name: str) -> None:
    key = user_key(name)
    assert user_key(key) == key
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert user_key(unicodedata.normalize(form, name)) == key


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(IGNORABLE))
def test_an_invisible_character_does_not_make_another_name(one: str, other: str, char: str) -> None:
    assert user_key(one + char + other) == user_key(one + other)


@pytest.mark.parametrize("white", [*WHITE, *BLANK], ids=ascii)
def test_all_white_space_is_one_space(white: str) -> None:
    assert user_key(f"{white}Ann {white}{white}smith ") == user_key("ann smith")
    assert user_name(f"{white}Ann {white}{white}smith ") == "Ann smith"


@pytest.mark.parametrize(
    "spelling",
    ["System", "ſyſtem", "ｓｙｓｔｅｍ", "𝔰𝔶𝔰𝔱𝔢𝔪", "ⓢystem", "system\ufe0f", "sys\u200dtem"],
)
def test_system_is_reserved_however_it_is_spelt(spelling: str) -> None:
    assert user_key(spelling) == "system"


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("ann", "ann"),
        ("annabell", "anna"),
        ("ann bell", "ann"),
        ("abcé", "abcé"),
        ("abce\u0325\u0301", "abc"),
        ("ab👩\u200d🚀", "ab"),
        ("abc👍🏽", "abc"),
        ("abc🇩🇪", "abc"),
        ("🇩🇪🇫🇷🇮🇹", "🇩🇪🇫🇷"),
        ("नमस्ते", "नम"),
        ("กขน้ำ", "กข"),
        ("a\u0325" + "\u0325" * 9, "a\u0325\u0325\u0325"),
    ],
)
def test_a_name_is_cut_between_characters_as_people_see_them(name: str, beginning: str) -> None:
    assert cut(name, 4) == beginning


@pytest.mark.parametrize(
    ("text", "invisible"),
    [
        ("", True), (" \n\t", True), ("\u200b", True), ("\u2800", True), ("\u3164\u2800 ", True),
        ("\x01\x7f", False), ("\ufff9", True), ("\ufe0f\u200d", True), ("\u00ad", True),
        ("x", False), ("\u200bx", False), ("\u0301", False), ("\ufffd", False), ("\ue000", False),
        ("\u0378", False), ("❤\ufe0f", False), ("\u0600", False),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_seen_is_invisible(text: str, invisible: bool) -> None:
    assert is_invisible(text) is invisible


def test_names_are_compared_without_regard_to_case() -> None:
    assert user_key("Ann") == user_key("aNN")
    assert user_key("Straße") == user_key("STRASSE")
    assert user_key("ann") != user_key("ánn")
