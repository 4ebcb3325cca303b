"""broker.model.directory: people, their sockets and their names, without rooms."""

import pytest

from broker.effects import IdentityFact, PutSession
from broker.model.directory import Directory
from broker.model.records import Person, Session
from common.settings import Settings


@pytest.fixture
def directory() -> Directory:
    return Directory(Settings(leave_grace=5.0, name_hold=10.0), b"s" * 32)


def person(directory: Directory, uid: str, *, plain: bool = False) -> Person:
    return directory.load(IdentityFact(uid, f"name of {uid}", plain, False, 1.0, {}), 0.0)


def connect(directory: Directory, sid: str, who: Person, gateway: str = "g1") -> Session:
    return directory.connect(directory.gateways.get_or_add(gateway, 0.0), sid, who, who.plain)


def test_uids_and_direct_rooms_are_always_the_same(directory: Directory) -> None:
    other_store = Directory(Settings(), b"t" * 32)
    uid = directory.uid_of("a" * 64)
    assert len(uid) == 16
    assert uid == directory.uid_of("a" * 64)
    assert uid not in (directory.uid_of("b" * 64), other_store.uid_of("a" * 64))
    room = directory.direct_room("ann", "bob")
    assert room == directory.direct_room("bob", "ann")
    assert room not in (directory.direct_room("ann", "cid"), other_store.direct_room("ann", "bob"))


def test_uids_and_direct_rooms_are_those_of_older_versions(directory: Directory) -> None:
    """The store has them, and people would not be themselves any more."""
    assert directory.uid_of("a" * 64) == "RMGU-guZ6G9aT5RU"
    assert directory.direct_room("ann", "bob") == "@WPmzDKyrQU3fMmnXkVNnAg"


def test_a_person_is_in_a_room_as_long_as_a_socket_is(directory: Directory) -> None:
    ann = person(directory, "ann")
    one, two = connect(directory, "1", ann), connect(directory, "2", ann, "g2")
    assert directory.enter_room(one, ann, "lobby", 3)
    assert not directory.enter_room(two, ann, "lobby", 4)
    assert not directory.enter_room(two, ann, "@private", 0)
    assert two.row() == PutSession("g2", "2", "ann", False, {"lobby": 4, "@private": 0})
    assert sorted(directory.gateways_of(["ann", "nobody"])) == ["g1", "g2"]
    assert not directory.leave_room(one, ann, "lobby")
    assert not directory.disconnect(one, ann, 1.0, 100.0)
    assert not directory.leave_room(two, ann, "@private")
    assert directory.leave_room(two, ann, "lobby")
    assert directory.disconnect(two, ann, 1.0, 100.0)
    assert (ann.seen, ann.public_rooms, ann.gateways) == (100.0, {}, {})


def test_a_lost_socket_has_a_grace(directory: Directory) -> None:
    ann = person(directory, "ann")
    one, two = connect(directory, "1", ann), connect(directory, "2", ann)
    directory.mark_lost(one, 0.0)
    directory.mark_lost(two, 1.0)
    directory.mark_lost(one, 4.0)
    assert directory.expired_lost(4.9, 9) == []
    assert directory.expired_lost(6.0, 1) == [one]
    directory.mark_found(one)
    assert directory.expired_lost(6.0, 9) == [two]


def test_an_unconfirmed_room_has_a_grace_too(directory: Directory) -> None:
    ann = person(directory, "ann")
    session = connect(directory, "1", ann)
    for room in ("a", "b"):
        directory.enter_room(session, ann, room, 0)
        directory.mark_unconfirmed(session, room, 0.0)
    assert not directory.confirm(session, "a")
    assert directory.confirm(session, "a")
    assert directory.expired_unconfirmed(5.0, 9) == [(session, "b")]
    directory.leave_room(session, ann, "b")
    assert directory.expired_unconfirmed(5.0, 9) == []


@pytest.mark.parametrize("plain", [False, True])
def test_a_name_is_held_unless_its_person_is_plain(directory: Directory, plain: bool) -> None:
    ann = person(directory, "ann", plain=plain)
    session = connect(directory, "1", ann)
    assert directory.names.uid_of("name of ann") == "ann"
    directory.disconnect(session, ann, 0.0, 1.0)
    held = None if plain else "ann"
    directory.release_names(9.9, 99.0)
    assert directory.names.uid_of("name of ann") == held
    directory.release_names(10.0, 0.0)
    assert directory.names.uid_of("name of ann") == held, "the store does not know yet"
    directory.release_names(10.0, 99.0)
    assert directory.names.uid_of("name of ann") is None
