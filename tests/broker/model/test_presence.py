"""broker.model.presence: what is gathered, when it is published, and when names may be answered."""

from itertools import pairwise

import pytest

from broker.model.presence import NEVER, Change, PresenceTracker, Versions


@pytest.fixture
def presence() -> PresenceTracker:
    return PresenceTracker(Versions(0))


def test_changes_are_gathered(presence: PresenceTracker) -> None:
    presence.on_enter("bob", 1, 0.0)
    presence.on_enter("ann", 2, 0.1)
    assert not presence.is_current
    assert presence.take(2, 0.24) is None
    assert presence.take(2, 0.25) == Change(0, 1, 2, ("ann", "bob"))
    assert presence.is_current
    assert presence.take(2, 0.5) is None
    assert presence.due == NEVER


def test_a_join_and_a_leave_cancel_out(presence: PresenceTracker) -> None:
    presence.on_enter("ann", 1, 0.0)
    presence.on_leave("ann", 0, 0.1)
    assert presence.is_current
    assert presence.take(0, 1.0) is None
    assert presence.version == 0


def test_a_request_makes_changes_due_at_once_if_none_were_published_lately(
    presence: PresenceTracker,
) -> None:
    presence.on_enter("ann", 1, 5.0)
    presence.publish_soon(5.1)
    assert presence.take(1, 5.1) == Change(0, 1, 1, ("ann",))
    presence.on_enter("bob", 2, 5.2)
    presence.publish_soon(5.2)
    assert presence.take(2, 5.34) is None
    assert presence.take(2, 5.35) == Change(1, 2, 2, ("bob",))


def test_however_many_requests_wait_changes_are_published_four_times_a_second(
    presence: PresenceTracker,
) -> None:
    told = []
    for step in range(1000):
        now = step / 100
        presence.on_enter(f"u{step}", step + 1, now)
        presence.publish_soon(now)
        if presence.take(step + 1, now) is not None:
            told.append(now)
    assert 39 <= len(told) <= 41
    assert all(later - now >= 0.25 for now, later in pairwise(told))


def test_a_count_that_was_shown_while_it_changed_is_corrected(presence: PresenceTracker) -> None:
    """A join and a leave that cancel out are published to nobody else."""
    presence.on_enter("ann", 2, 0.0)
    assert presence.version_shown_to("bob") == 0
    presence.on_leave("ann", 1, 0.1)
    assert presence.take(1, 1.0) == Change(0, 1, 1)
    presence.on_enter("ann", 2, 2.0)
    assert presence.version_shown_to("ann") == 1
    presence.on_leave("ann", 1, 2.1)
    assert presence.take(1, 3.0) is None


def test_somebody_who_comes_back_may_have_been_shown_others(presence: PresenceTracker) -> None:
    presence.on_leave("ann", 1, 0.0)
    presence.on_enter("bob", 2, 0.1)
    presence.on_enter("ann", 3, 0.2)
    assert presence.version_shown_to("ann") == 0
    presence.on_leave("bob", 2, 0.2)
    assert presence.take(2, 1.0) == Change(0, 1, 2)


def test_becoming_a_crowd_skips_a_version(presence: PresenceTracker) -> None:
    presence.on_enter("ann", 1, 0.0)
    presence.set_crowd(True, 0.1)
    assert presence.version == 1
    presence.on_enter("bob", 2, 0.1)
    assert presence.take(2, 1.0) == Change(1, 2, 2)
    presence.set_crowd(False, 2.0)
    presence.on_enter("cid", 3, 2.0)
    assert presence.take(3, 3.0) == Change(3, 4, 3, ("cid",))


def test_becoming_a_crowd_is_published_by_itself(presence: PresenceTracker) -> None:
    presence.set_crowd(False, 0.0)
    assert presence.take(1, 1.0) == Change(1, 2, 1)


def test_a_change_that_a_restart_may_have_lost_is_published_again(
    presence: PresenceTracker,
) -> None:
    presence.restore(crowd=False, changed_at=None)
    assert presence.due == NEVER
    presence.restore(crowd=False, changed_at=5.0)
    assert presence.take(3, 5.0) == Change(0, 1, 3)


def test_no_run_repeats_a_version_of_the_one_before() -> None:
    before = Versions(1_800_000_000_000)
    for _ in range(999):
        before.next()
    assert before.last < Versions(1_800_000_000_001).last < 1 << 53


@pytest.mark.parametrize(("count", "wait"), [(10, 1.0), (5_000, 1.0), (20_000, 4.0)])
def test_a_crowd_s_count_is_published_at_intervals(
    presence: PresenceTracker, count: int, wait: float
) -> None:
    presence.restore(crowd=True, changed_at=None)
    for joined in range(10):
        presence.on_enter(f"u{joined}", count, joined / 100)
    assert presence.take(count, wait - 0.01) is None
    assert presence.take(count, wait) == Change(0, 1, count)
