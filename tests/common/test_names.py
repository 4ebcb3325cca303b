import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Refused
from common.names import is_private, room_key, user_key, user_name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("lobby", "lobby"),
        ("Lobby", "lobby"),
        ("a-b_c.9", "a-b_c.9"),
        ("ÄRGER", "ärger"),
        ("A\u0308rger", "ärger"),
        ("日本", "日本"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_room_has_one_spelling(name: str, key: str) -> None:
    assert room_key(name) == key
    assert not is_private(key)


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "@x", "a/b", "a\0", "🙂", "a,b", "#a", "\n"])
def test_what_is_no_room_name_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        room_key(name)
    assert caught.value.code == "bad_request"


@given(st.text(max_size=70))
def test_a_room_key_is_its_own_key(name: str) -> None:
    try:
        key = room_key(name)
    except Refused:
        return
    assert room_key(key) == key


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("ann", "ann"),
        ("  ann  of   green gables ", "ann of green gables"),
        ("e\u0301", "é"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_name_is_shown_clean(name: str, clean: str) -> None:
    assert user_name(name) == clean


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 41, "a,b", "a\nb", "a\0", "\u200d", "a\u202eb", "\u2028", "\ud800"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        user_name(name)
    assert caught.value.code == "bad_name"


@given(st.text(max_size=45))
def test_a_clean_name_stays_as_it_is(name: str) -> None:
    try:
        clean = user_name(name)
    except Refused:
        return
    assert user_name(clean) == clean
    assert user_key(clean) == user_key(user_key(clean))


def test_names_are_compared_without_regard_to_case() -> None:
    assert user_key("Ann") == user_key("aNN")
    assert user_key("Straße") == user_key("STRASSE")
    assert user_key("ann") != user_key("ánn")
