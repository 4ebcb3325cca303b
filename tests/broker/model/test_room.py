"""broker.model.room, broker.model.crowd and broker.model.participants: a room's rules, without
sockets."""

import pytest

from broker.effects import RoomFact
from broker.model.crowd import Crowd
from broker.model.participants import NameIndex
from broker.model.presence import Versions
from broker.model.room import Room
from common.messages import Event
from common.settings import Settings


@pytest.fixture
def room() -> Room:
    return Room(RoomFact("tea", "public", 7), Settings(crowd=10, crowd_joins=5), Versions(1))


def enter(room: Room, *people: str, now: float, apart: float = 1.0) -> list[Event | None]:
    return [
        room.enter(f"uid of {name}", name, now + at * apart, 0.0) for at, name in enumerate(people)
    ]


def test_events_follow_the_head(room: Room) -> None:
    assert enter(room, "ann", now=0) == [Event(8, "join", "ann", 0.0, uid="uid of ann")]
    said = room.say("uid of ann", "ann", "x", "i", 5.0)
    assert said == Event(9, "message", "ann", 5.0, "x", "uid of ann", "i")
    renamed = room.rename("uid of ann", "Eve", 1.0, 6.0)
    assert renamed == Event(10, "rename", "Eve", 6.0, "ann", "uid of ann")
    assert room.leave("uid of ann", 2.0, 7.0) == Event(11, "leave", "Eve", 7.0, uid="uid of ann")
    assert room.count == 0


def test_a_full_room_is_a_crowd_until_it_is_emptier_and_calm(room: Room) -> None:
    names = [f"u{n}" for n in range(11)]
    events = enter(room, *names, now=0)
    assert [event is None for event in events] == [False] * 10 + [True]
    assert room.leave("uid of u0", 20, 0) is None
    assert room.rename("uid of u1", "new", 20, 0) is None
    for name in names[1:3]:
        room.leave(f"uid of {name}", 20, 0)
        room.end_crowd_if_calm(40)
        assert room.crowd.active
    room.leave("uid of u3", 20, 0)
    room.end_crowd_if_calm(40)
    assert not room.crowd.active
    assert room.leave("uid of u4", 41, 0) is not None


def test_a_rush_makes_a_crowd_until_it_is_calm(room: Room) -> None:
    events = enter(room, *(f"u{n}" for n in range(6)), now=0, apart=0.1)
    assert [event is None for event in events] == [False] * 5 + [True]
    room.end_crowd_if_calm(5.4)
    assert room.crowd.active
    room.end_crowd_if_calm(5.6)
    assert not room.crowd.active


def test_slow_joins_make_no_crowd() -> None:
    crowd = Crowd(1000, 20)
    assert not any(crowd.on_enter(str(number), number, number / 19) for number in range(500))


def test_restored_participants_are_not_a_rush(room: Room) -> None:
    for number in range(9):
        room.restore_participant(str(number), f"u{number}")
    room.restored(None)
    assert not room.crowd.active
    for number in range(9, 12):
        room.restore_participant(str(number), f"u{number}")
    room.restored(None)
    assert room.crowd.active


def test_names_are_sorted_without_regard_to_case() -> None:
    participants = NameIndex()
    for name in ("bob", "Ann", "al", "Éva", "straße"):
        participants.add(name, name)
    assert participants.page("", "", 10) == (["al", "Ann", "bob", "straße", "Éva"], False)
    assert participants.page("", "STRASS", 10) == (["straße"], False)
    assert participants.remove("Ann") == "Ann"
    assert "Ann" not in participants
    assert participants.by_uid["bob"] == "bob"
    assert participants.page("al", "", 1) == (["bob"], True)
