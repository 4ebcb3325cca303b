"""gateway/rooms/overtaking.py: what is noted while joins are unanswered, and for how long."""

from common import messages as m
from gateway.rooms.overtaking import OvertakingBroadcasts


def typing(room: str, *to: str, **floors: int) -> m.Typing:
    return m.Typing(term=1, room=room, users={}, to=[*to], floors=floors)


def test_a_room_is_noted_for_all_whom_it_is_broadcast_to_while_a_join_is_unanswered() -> None:
    overtaking = OvertakingBroadcasts()
    overtaking.join_sent("a")
    overtaking.note(typing("@tea", "u-ann", "u-bob", **{"u-bob": 4}))
    overtaking.note(typing("@tea", "u-bob", **{"u-bob": 6}))
    assert overtaking.to("u-ann") == {"@tea": 0}
    assert overtaking.to("u-bob") == {"@tea": 4}, "the first floor is the one that holds"
    assert overtaking.to("u-eve") == {}


def test_nothing_is_noted_while_all_joins_are_answered() -> None:
    overtaking = OvertakingBroadcasts()
    overtaking.join_sent("a")
    overtaking.join_answered("a")
    overtaking.note(typing("@tea", "u-ann"))
    assert overtaking.to("u-ann") == {}


def test_a_note_is_kept_until_every_join_is_answered_that_was_unanswered_then() -> None:
    overtaking = OvertakingBroadcasts()
    overtaking.join_sent("a")
    overtaking.join_sent("b")
    overtaking.note(typing("@tea", "u-ann"))
    overtaking.join_sent("c")
    overtaking.join_answered("a")
    overtaking.note(typing("@pie", "u-ann"))
    overtaking.join_answered("c")
    assert overtaking.to("u-ann") == {"@tea": 0, "@pie": 0}
    overtaking.join_answered("b")
    assert overtaking.to("u-ann") == {}


def test_notes_are_forgotten_though_some_join_is_always_unanswered() -> None:
    overtaking = OvertakingBroadcasts()
    overtaking.join_sent(0)
    for no in range(1, 10):
        overtaking.note(typing(f"@{no}", "u-ann"))
        overtaking.join_sent(no)
        overtaking.join_answered(no - 1)
    assert len(overtaking.to("u-ann")) <= 3


def test_a_new_link_forgets_the_notes() -> None:
    overtaking = OvertakingBroadcasts()
    overtaking.join_sent("a")
    overtaking.note(typing("@tea", "u-ann"))
    overtaking.forget()
    assert overtaking.to("u-ann") == {}
