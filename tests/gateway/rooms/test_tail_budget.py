"""gateway/rooms/tail_budget.py: the largest tails go when all together are too large."""

from tests.support.gateway_rig import EPOCH, Rig


def test_the_largest_tail_is_shed_when_all_are_too_large() -> None:
    rig = Rig(tail_bytes=8_000)
    rig.seated("ann", "large", head=12)
    rig.seated("bob", "small", head=3)
    rig.pass_time(0.2)
    tails = {room.name: room.kept_bytes for room in rig.chat.rooms}
    assert tails["large"] == 0
    assert tails["small"] > 0
    assert rig.chat.rooms.public("large").replica.epoch == EPOCH
