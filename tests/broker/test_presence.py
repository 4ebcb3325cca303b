"""broker.presence: whoever has the names of a version and follows the changes has the names."""

import pytest

from broker.presence import Change, Presence, Versions


@pytest.fixture
def presence() -> Presence:
    return Presence(Versions(10))


def test_changes_are_gathered(presence: Presence) -> None:
    presence.came("bob", 1, 0.0)
    presence.came("ann", 2, 0.1)
    assert presence.take(2, 0.24) == []
    assert presence.take(2, 0.25) == [Change(10, 11, 2, ("ann", "bob"))]
    assert presence.take(2, 0.5) == []
    assert not presence.pending


def test_coming_and_going_cancels_out(presence: Presence) -> None:
    presence.came("ann", 1, 0.0)
    presence.went("ann", 0, 0.1)
    assert presence.take(0, 1.0) == []
    assert presence.version == 10


def test_but_not_if_somebody_was_told_the_names_between(presence: Presence) -> None:
    presence.came("ann", 1, 0.0)
    assert presence.tell(1) == 11
    presence.went("ann", 0, 0.1)
    assert presence.tell(0) == 12
    assert presence.tell(0) == 12
    assert presence.take(0, 1.0) == [Change(10, 11, 1, ("ann",)), Change(11, 12, 0, (), ("ann",))]


def test_who_was_told_the_count_while_it_changed_is_told_again(presence: Presence) -> None:
    """A join and a leave that cancel out are told nobody else."""
    presence.came("ann", 2, 0.0)
    assert presence.peek() == 10
    presence.went("ann", 1, 0.1)
    assert presence.take(1, 1.0) == [Change(10, 11, 1)]
    assert presence.peek() == 11
    presence.came("ann", 2, 2.0)
    presence.went("ann", 1, 2.1)
    assert presence.take(1, 3.0) == []


def test_a_turn_leaves_a_version_out(presence: Presence) -> None:
    presence.came("ann", 1, 0.0)
    presence.turn(True, 0.1)
    assert presence.version == 11
    presence.came("bob", 2, 0.1)
    assert presence.take(2, 1.0) == [Change(11, 12, 2)]
    presence.turn(False, 2.0)
    presence.came("cid", 3, 2.0)
    assert presence.take(3, 3.0) == [Change(13, 14, 3, ("cid",))]


def test_a_turn_alone_is_told(presence: Presence) -> None:
    presence.turn(False, 0.0)
    assert presence.take(1, 1.0) == [Change(11, 12, 1)]


@pytest.mark.parametrize(("count", "wait"), [(10, 1.0), (5_000, 1.0), (20_000, 4.0)])
def test_a_crowd_is_told_its_count_now_and_then(
    presence: Presence, count: int, wait: float
) -> None:
    presence.begin(True)
    for joined in range(10):
        presence.came(f"u{joined}", count, joined / 100)
    assert presence.take(count, wait - 0.01) == []
    assert presence.take(count, wait) == [Change(10, 11, count)]
