"""broker.model.names_in_use and broker.model.token_bucket: a name is used by one person at most,
and changed at a limited rate."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.model.names_in_use import NamesInUse
from broker.model.token_bucket import TokenBucket
from common.names import USER_NAME_CHARS, user_key, user_name


def test_a_taken_name_is_numbered() -> None:
    book = NamesInUse()
    for uid, name in enumerate(["ann", "ann2", "ann3", "ann4", "ann5"]):
        assert book.choose("ann", str(uid)) == name
        book.take(name, str(uid))
    assert book.choose("ANN", "0") == "ANN"
    assert book.choose("ann", "3", "ann4") == "ann4"
    book.free("ann", "3")
    assert book.choose("Ann", "new") == "Ann6"
    book.free("ann", "0")
    assert book.choose("Ann", "new") == "Ann"
    assert book.uid_of(user_key("Ann")) is None


def test_a_name_that_ends_in_a_digit_is_numbered_behind_a_hyphen() -> None:
    book = NamesInUse()
    for uid, name in enumerate(["host02", "host02-2", "host02-3"]):
        assert book.choose("host02", str(uid)) == name
        book.take(name, str(uid))
    assert book.choose("host02", "2", "host02-3") == "host02-3"


@pytest.mark.parametrize(
    ("name", "numbered"),
    [
        ("٣", "٣-2"),
        ("x²", "x²-2"),
        ("a" * 40, "a" * 39 + "2"),
        ("a" * 39 + "7", "a" * 38 + "-2"),
        ("a" * 37 + "7bc", "a" * 37 + "7b2"),
        ("a" * 38 + "7b", "a" * 38 + "-2"),
        ("a" * 37 + "👩\u200d🚀", "a" * 37 + "2"),
        ("नमस्ते" * 6 + "नमस्", "नमस्ते" * 6 + "नम2"),
    ],
)
def test_a_numbered_name_is_cut_between_characters(name: str, numbered: str) -> None:
    assert len(name) <= USER_NAME_CHARS
    book = NamesInUse()
    book.take(name, "somebody")
    assert book.choose(name, "uid") == numbered
    assert len(numbered) <= USER_NAME_CHARS


@pytest.mark.parametrize(
    "name",
    ["an\u200dn", "ann\ufe0f", "ANN\u3164", "a\u034fnn", "\uff41nn", "ann\U000e0100", " ann "],
)
def test_a_name_that_looks_taken_is_taken(name: str) -> None:
    book = NamesInUse()
    book.take("Ann", "ann")
    assert user_key(book.choose(user_name(name), "uid")) == "ann2"


@pytest.mark.parametrize("name", ["System", "system\ufe0f", "ſyſtem", "ｓystem"])  # noqa: RUF001
def test_nobody_gets_the_system_s_name(name: str) -> None:
    assert user_key(NamesInUse().choose(name, "uid")) == "system2"


def test_ten_thousand_people_of_one_name_cost_little() -> None:
    book = NamesInUse()
    names = set()
    began = time.process_time()
    for uid in range(10_000):
        name = book.choose("ann", str(uid))
        book.take(name, str(uid))
        names.add(name)
    assert len(names) == 10_000
    assert time.process_time() - began < 5


@given(st.lists(st.text(max_size=USER_NAME_CHARS), max_size=30))
def test_names_are_unique_and_names(wanted: list[str]) -> None:
    book = NamesInUse()
    keys = set()
    for uid, text in enumerate(wanted):
        try:
            clean = user_name(text)
        except Exception:  # the text is not a name
            continue
        name = book.choose(clean, str(uid))
        assert user_name(name) == name
        assert user_key(name) not in keys
        keys.add(user_key(name))
        book.take(name, str(uid))


def test_a_bucket_fills_again() -> None:
    bucket = TokenBucket(2, 0.0)
    assert [bucket.take(0.0, 10, 2) for _ in range(3)] == [0, 0, 0.1]
    assert bucket.take(0.1, 10, 2) == 0
    assert bucket.take(9.0, 10, 2) == 0
    assert bucket.take(9.0, 10, 2) == 0
    assert bucket.take(9.0, 10, 2) > 0
