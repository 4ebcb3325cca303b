"""broker.namebook and broker.rates: names are used by one person at most, and changed at a rate."""

import time

from hypothesis import given
from hypothesis import strategies as st

from broker.namebook import NameBook
from broker.rates import Bucket
from common.names import USER_NAME_CHARS, user_key, user_name


def test_a_taken_name_is_numbered() -> None:
    book = NameBook()
    for uid, name in enumerate(["ann", "ann2", "ann3", "ann4", "ann5"]):
        assert book.choose("ann", str(uid)) == name
        book.take(name, str(uid))
    assert book.choose("ANN", "0") == "ANN"
    assert book.choose("ann", "3", "ann4") == "ann4"
    book.free("ann", "3")
    assert book.choose("Ann", "new") == "Ann6"
    book.free("ann", "0")
    assert book.choose("Ann", "new") == "Ann"
    assert book.user(user_key("Ann")) is None


def test_the_system_s_name_is_nobody_s() -> None:
    assert NameBook().choose("System", "uid") == "System2"


def test_ten_thousand_of_one_name_cost_little() -> None:
    book = NameBook()
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
    book = NameBook()
    keys = set()
    for uid, text in enumerate(wanted):
        try:
            clean = user_name(text)
        except Exception:  # no name: nobody chooses by it
            continue
        name = book.choose(clean, str(uid))
        assert user_name(name) == name
        assert user_key(name) not in keys
        keys.add(user_key(name))
        book.take(name, str(uid))


def test_a_bucket_fills_again() -> None:
    bucket = Bucket(2, 0.0)
    assert [bucket.take(0.0, 10, 2) for _ in range(3)] == [0, 0, 0.1]
    assert bucket.take(0.1, 10, 2) == 0
    assert bucket.take(9.0, 10, 2) == 0
    assert bucket.take(9.0, 10, 2) == 0
    assert bucket.take(9.0, 10, 2) > 0
