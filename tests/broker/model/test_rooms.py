"""broker/model/rooms.py: the order of the public rooms by count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.effects import RoomFact
from broker.model import rooms as rooms_module
from broker.model.rooms import RoomTable
from common.settings import Settings

MOVES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("123"), st.sampled_from("+-?"))
)


@given(MOVES)
def test_the_busiest_rooms_come_first_however_their_counts_have_changed(
    moves: list[tuple[str, str, str]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms_module, "UNSORTED_ROOMS", 2)
        table = RoomTable(Settings(), 1)
        people: dict[str, set[str]] = {}
        for now, (name, uid, move) in enumerate(moves):
            room = table.load(RoomFact(name, "public", 0), now)
            before, inside = room.count, people.setdefault(name, set())
            if move == "+" and uid not in inside:
                inside.add(uid)
                room.enter(uid, uid, now, 0.0)
            elif move == "-" and uid in inside:
                inside.remove(uid)
                room.leave(uid, now, 0.0)
            elif move == "?":
                _check(table, people)
            table.on_count_change(room, before, now)
            table.evict(now + 1000.0, now + 1000.0)
        _check(table, people)


def _check(table: RoomTable, people: dict[str, set[str]]) -> None:
    counts = sorted((-len(inside), name) for name, inside in people.items() if inside)
    assert [(-room.count, room.name) for room in table.busiest("")] == counts
    assert table.occupied == len(counts)
    for position, (_, name) in enumerate(counts):
        rest = [room.name for room in table.busiest(name)]
        assert rest == [name for _, name in counts[position + 1 :]]
