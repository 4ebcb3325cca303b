"""broker.presence: whoever has the names of a version and follows the changes has the names."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.presence import CROWD_S, Change, Presence, Versions
from common import messages as m
from tests.broker.mirror import Roster


@pytest.fixture
def presence() -> Presence:
    return Presence(Versions(0))


def test_changes_are_gathered(presence: Presence) -> None:
    presence.came("bob", 1, 0.0)
    presence.came("ann", 2, 0.1)
    assert presence.take(2, 0.24) is None
    assert presence.take(2, 0.25) == Change(0, 1, 2, ("ann", "bob"))
    assert presence.take(2, 0.5) is None
    assert not presence.pending


def test_coming_and_going_cancels_out(presence: Presence) -> None:
    presence.came("ann", 1, 0.0)
    presence.went("ann", 0, 0.1)
    assert presence.take(0, 1.0) is None
    assert presence.version == 0


def test_but_not_if_somebody_was_told_between(presence: Presence) -> None:
    """Whoever was told that ann is here hears that she is not, or is again."""
    presence.came("ann", 1, 0.0)
    assert presence.tell() == 0
    presence.went("ann", 0, 0.1)
    assert presence.take(0, 1.0) == Change(0, 1, 0, (), ("ann",))
    presence.came("bob", 1, 2.0)
    assert presence.tell() == 1
    presence.went("bob", 0, 2.1)
    presence.came("bob", 1, 2.2)
    assert presence.take(1, 3.0) == Change(1, 2, 1, ("bob",))
    presence.went("bob", 0, 4.0)
    presence.came("bob", 1, 4.1)
    assert presence.take(1, 5.0) is None


def test_however_many_ask_it_goes_out_four_times_a_second(presence: Presence) -> None:
    told = []
    for step in range(1000):
        now = step / 100
        presence.came(f"u{step}", step + 1, now)
        presence.tell()
        if presence.take(step + 1, now) is not None:
            told.append(now)
    assert len(told) <= 40
    assert all(later - now >= 0.25 for now, later in pairwise(told))


def test_a_turn_leaves_a_version_out(presence: Presence) -> None:
    presence.came("ann", 1, 0.0)
    presence.turn(True, 0.1)
    assert presence.version == 1
    presence.came("bob", 2, 0.1)
    assert presence.take(2, 1.0) == Change(1, 2, 2)
    presence.turn(False, 2.0)
    presence.came("cid", 3, 2.0)
    assert presence.take(3, 3.0) == Change(3, 4, 3, ("cid",))


def test_a_turn_alone_is_told(presence: Presence) -> None:
    presence.turn(False, 0.0)
    assert presence.take(1, 1.0) == Change(1, 2, 1)


def test_what_may_have_been_lost_in_a_restart_is_asked_for_again(presence: Presence) -> None:
    presence.begin(crowd=False, stirred_at=None)
    assert not presence.pending
    presence.begin(crowd=False, stirred_at=5.0)
    assert presence.take(3, 5.0) == Change(0, 1, 3)


def test_no_run_repeats_a_version_of_the_one_before() -> None:
    before = Versions(1_800_000_000_000)
    for _ in range(999):
        before.next()
    assert before.last < Versions(1_800_000_000_001).last < 1 << 53


@pytest.mark.parametrize(("count", "wait"), [(10, 1.0), (5_000, 1.0), (20_000, 4.0)])
def test_a_crowd_is_told_its_count_now_and_then(
    presence: Presence, count: int, wait: float
) -> None:
    presence.begin(crowd=True, stirred_at=None)
    for joined in range(10):
        presence.came(f"u{joined}", count, joined / 100)
    assert presence.take(count, wait - 0.01) is None
    assert presence.take(count, wait) == Change(0, 1, count)


def published(change: Change) -> m.Presence:
    since, version, count = change.since, change.version, change.count
    joined, left = list(change.joined), list(change.left)
    return m.Presence(
        term=1, room="tea", since=since, version=version, count=count, joined=joined, left=left
    )


def listed(presence: Presence, here: set[str], after: str, limit: int, crowd: bool) -> m.Listed:
    names = [name for name in sorted(here) if name > after]
    return m.Listed(
        term=1, no=1, count=len(here), version=presence.tell(), users=names[:limit],
        more=len(names) > limit, crowd=crowd,
    )  # fmt: skip


@given(st.lists(st.sampled_from(["ann", "bob", "cid", "look", "look on", "publish", "turn"])))
def test_whoever_follows_knows_the_names(steps: list[str]) -> None:
    """People come or go, whenever they are named; others read the names whole, or by small pages
    with everything between."""
    presence, here, now, crowd = Presence(Versions(0)), set[str](), 0.0, False
    rosters = [Roster()]
    slow = Roster()

    def publish() -> None:
        nonlocal now
        now += CROWD_S
        change = presence.take(len(here), now)
        if change is not None:
            for roster in [*rosters, slow]:
                roster.changed(published(change))

    for step in steps:
        if step == "look":
            rosters.append(Roster())
            rosters[-1].told(listed(presence, here, "", 9, crowd))
        elif step == "look on":
            slow.told(listed(presence, here, slow.after, 1, crowd), slow.after)
        elif step == "publish":
            publish()
        elif step == "turn":
            crowd = not crowd
            presence.turn(crowd, now)
        elif step in here:
            here.remove(step)
            presence.went(step, len(here), now)
        else:
            here.add(step)
            presence.came(step, len(here), now)
    publish()
    for roster in [*rosters, slow]:
        assert roster.names in (None, here) or (crowd and roster.crowd)
    fresh = [roster for roster in rosters if roster.version == presence.version]
    assert all(roster.count == len(here) for roster in fresh)
