"""The checker (tests.sim.checker) rejects every history that breaks a promise, and no other."""

import pytest

from common.messages import Event, EventKind
from tests.sim.checker import Archive, check
from tests.sim.history import Acked, Heard, Joined, Left, Reset, Told, View

DM = "@dm"


def said(seq: int, room: str = "lobby") -> Event:
    return Event(seq, "message", "ann", float(seq), f"{room} {seq}", uid="a", id=str(seq))


def came(seq: int, user: str, kind: EventKind = "join", text: str = "") -> Event:
    return Event(seq, kind, user, 0.0, text, uid=user[0])


LOBBY = [came(1, "ann"), said(2), said(3), said(4), said(5), said(6)]


def archive(lobby: list[Event] | None = None, **older: list[Event]) -> Archive:
    """Two epochs if `older` is given. A newcomer is shown two messages."""
    logs = {epoch: {"lobby": log} for epoch, log in older.items()}
    logs["now"] = {"lobby": LOBBY if lobby is None else lobby, DM: [said(1, DM), said(2, DM)]}
    return Archive(logs, {DM: {"a", "b"}}, (2, 4))


def hears(*seqs: int, room: str = "lobby") -> list[Told]:
    events = [LOBBY[0] if (seq, room) == (1, "lobby") else said(seq, room) for seq in seqs]
    return [Heard(room, e.seq, e.kind, e.user, e.uid, e.id, e.text) for e in events]


def joins(seq: int, since: int | None = None, room: str = "lobby", **private: int) -> Told:
    return Joined(
        room, "now", seq, since is not None, since, {f"@{k}": v for k, v in private.items()}
    )


def problems(*told: Told | list[Told], uid: str = "c", complete: bool = True) -> list[str]:
    flat = [one for some in told for one in (some if isinstance(some, list) else [some])]
    return check(archive(), [View("c", uid, flat, complete)], [])


# --- what has to pass ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        [joins(4), *hears(3, 4, 5, 6)],
        [joins(4), *hears(4, 5, 6)],  # read a little later
        [joins(4, since=2), *hears(3, 4, 5, 6)],
        [joins(6, since=6)],
        [joins(4), joins(4), *hears(3, 4, 5, 6)],  # again: nothing is replayed
        [joins(4), *hears(3, 4), Left("lobby")],
        [joins(4), *hears(3, 4), Left("lobby"), joins(6), *hears(5, 6)],
        [joins(4), *hears(3, 4), Reset("lobby", "now", 6), *hears(5, 6)],
    ],
)
def test_what_keeps_the_promises_passes(told: list[Told]) -> None:
    assert problems(told) == []


def test_a_member_hears_a_private_room_from_its_floor() -> None:
    lobby = hears(5, 6)
    assert problems(joins(6, dm=1), lobby, hears(2, room=DM), uid="a") == []
    assert problems(joins(6, dm=2), lobby, uid="a") == []
    assert problems(joins(6), lobby, hears(1, 2, room=DM), uid="a") == []


# --- what must not -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([joins(4), *hears(3, 5, 6)], "a hole"),
        ([joins(4, since=2), *hears(4, 5, 6)], "a hole"),
        ([joins(4), *hears(3, 4, 4, 5, 6)], "a repeat"),
        ([joins(4, since=2), *hears(2, 3, 4, 5, 6)], "a repeat"),
        ([joins(4), *hears(3, 4, 6, 5)], "a hole"),
        ([joins(4), *hears(4, 3)], "disorder"),
        ([joins(4), *hears(3, 4, 5)], "a silent part"),
        ([joins(4)], "a silent part"),
        ([joins(4), *hears(3, 4), Reset("lobby", "now", 6)], "a silent part"),
        ([joins(4), *hears(1, 2, 3, 4, 5, 6)], "a page"),  # longer than a newcomer's
        ([joins(4), Heard("lobby", 3, "message", "ann", "a", "3", "changed")], "a foreign event"),
        ([joins(4), *hears(3, 4, 5, 6, 7)], "a foreign event"),
        ([*hears(5, 6)], "it is not in lobby"),
        ([joins(4), *hears(3, 4), Left("lobby"), *hears(5)], "it is not in lobby"),
        ([joins(6), *hears(5, 6), *hears(1, room=DM)], "a leak"),
        ([Joined("lobby", "now", 4, True), *hears(5, 6)], "recovered from nothing"),
        ([Reset("lobby", "now", 6)], "a reset of lobby, where it is not"),
    ],
)
def test_what_breaks_a_promise_is_found(told: list[Told], why: str) -> None:
    assert why in problems(told)[0]


def test_a_private_line_that_a_member_was_not_told_is_found() -> None:
    assert "a silent part of @dm" in problems(joins(6, dm=1), hears(5, 6), uid="a")[0]
    assert "a silent part of @dm" in problems(joins(6), hears(5, 6), uid="a")[0]
    assert "a hole in @dm" in problems(joins(6), hears(5, 6), hears(2, room=DM), uid="a")[0]


def test_who_is_not_connected_at_the_end_may_lack_the_end() -> None:
    assert problems(joins(4), hears(3, 4), complete=False) == []
    assert problems(joins(4), hears(3, 5), complete=False)


def test_another_epoch_has_to_be_told() -> None:
    view = View("c", "c", [Joined("lobby", "old", 2, False), *hears(1, 2)], complete=True)
    found = check(archive(old=LOBBY[:2]), [view], [])
    assert "not told that lobby began anew" in found[0]
    view.told += [Reset("lobby", "now", 6), *hears(5, 6)]
    assert check(archive(old=LOBBY[:2]), [view], []) == []


def test_an_ack_without_its_event_is_found() -> None:
    def found(*acks: Acked) -> list[str]:
        return check(archive(), [], list(acks))

    ack = Acked("a", "lobby", "3", 3, "lobby 3")
    assert found(ack, ack) == []
    assert "acked and lost" in found(Acked("a", "lobby", "3", 4, "lobby 3"))[0]
    assert "acked and lost" in found(Acked("b", "lobby", "3", 3, "lobby 3"))[0]
    assert "acked and lost" in found(Acked("a", "lobby", "3", 3, "else"))[0]
    assert "acked and lost" in found(Acked("a", "lobby", "9", 9, "?"))[0]
    assert "acked at two places" in found(ack, Acked("a", "lobby", "3", 4, "lobby 3"))[-1]


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ([said(1), Event(2, "message", "ann", 0.0, "x", uid="a", id="1")], "is in lobby twice"),
        ([said(1), said(3)], "has 3 at 2"),
        ([came(1, "ann"), came(2, "ann")], "joined lobby twice"),
        ([came(1, "ann"), came(2, "bob", "leave")], "without being there"),
        ([came(1, "ann"), Event(2, "join", "Ann", 0.0, uid="x")], "two are called Ann"),
        ([came(1, "ann"), came(2, "bob", "rename", "cleo")], "is not there"),
    ],
)
def test_an_archive_that_contradicts_itself_is_found(log: list[Event], why: str) -> None:
    assert why in check(archive(log), [], [])[0]
