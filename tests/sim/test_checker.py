"""The checker (tests.sim.checker) rejects every history that breaks a promise, and no other."""

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from common.messages import Event, EventKind
from tests.sim.archive import Archive
from tests.sim.checker import check
from tests.sim.history import Acked, Heard, Joined, Left, Reset, Told, View

DM = "@dm"


def said(seq: int, room: str = "lobby") -> Event:
    return Event(seq, "message", "ann", float(seq), f"{room} {seq}", uid="a", id=str(seq))


def came(seq: int, user: str, kind: EventKind = "join", text: str = "") -> Event:
    return Event(seq, kind, user, 0.0, text, uid=user[0])


LOBBY = [came(1, "ann"), said(2), said(3), said(4), said(5), said(6)]


def archive(lobby: list[Event] | None = None, **older: list[Event]) -> Archive:
    """An archive in which a newcomer is shown two messages. `older` are the lobbies of earlier
    epochs, by name."""
    logs: dict[str, Mapping[str, Sequence[Event]]] = {
        epoch: {"lobby": log} for epoch, log in older.items()
    }
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
        [joins(4), *hears(4, 5, 6)],  # the page was read a little later
        [joins(4, since=2), *hears(3, 4, 5, 6)],
        [joins(6, since=6)],
        [joins(4), joins(4), *hears(3, 4, 5, 6)],  # a repeated join replays nothing
        [joins(4), *hears(3, 4), Left("lobby")],
        [joins(4), *hears(3, 4), Left("lobby"), joins(6), *hears(5, 6)],
        [joins(4), *hears(3, 4), Reset("lobby", "now", 6), *hears(5, 6)],
    ],
)
def test_a_history_that_keeps_the_promises_passes(told: list[Told]) -> None:
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
        ([joins(4), *hears(1, 2, 3, 4, 5, 6)], "a page"),  # longer than a newcomer's page
        ([joins(4), Heard("lobby", 3, "message", "ann", "a", "3", "changed")], "a foreign event"),
        ([joins(4), *hears(3, 4, 5, 6, 7)], "a foreign event"),
        ([*hears(5, 6)], "it is not in lobby"),
        ([joins(4), *hears(3, 4), Left("lobby"), *hears(5)], "it is not in lobby"),
        ([joins(6), *hears(5, 6), *hears(1, room=DM)], "a leak"),
        ([Joined("lobby", "now", 4, True), *hears(5, 6)], "recovered from nothing"),
        ([Reset("lobby", "now", 6)], "a reset of lobby, where it is not"),
    ],
)
def test_a_history_that_breaks_a_promise_is_found(told: list[Told], why: str) -> None:
    assert why in problems(told)[0]


def test_a_private_line_that_a_member_was_not_told_is_found() -> None:
    assert "a silent part of @dm" in problems(joins(6, dm=1), hears(5, 6), uid="a")[0]
    assert "a silent part of @dm" in problems(joins(6), hears(5, 6), uid="a")[0]
    assert "a hole in @dm" in problems(joins(6), hears(5, 6), hears(2, room=DM), uid="a")[0]


BLANKED = [*LOBBY[:4], replace(said(5), text="", rev=6), Event(6, "delete", "system", 0.0, ref=5)]
DELETE = Heard("lobby", 6, "delete", "system", ref=5)


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ([joins(4), *hears(3, 4, 5), DELETE], True),
        (
            [joins(6), Heard("lobby", 5, "message", "ann", "a", "5"), DELETE],
            False,
        ),  # its page is too short
        ([joins(6), *hears(4), Heard("lobby", 5, "message", "ann", "a", "5"), DELETE], True),
        ([joins(6), *hears(4, 5), DELETE], False),  # the message was deleted before
        ([joins(6, since=3), *hears(4, 5), DELETE], False),
        ([joins(5, since=3), *hears(4, 5), DELETE], True),
    ],
)
def test_a_message_on_the_page_has_its_present_text(told: list[Told], fits: bool) -> None:
    found = check(archive(BLANKED), [View("c", "c", told, complete=True)], [])
    assert (found == []) is fits, found


def test_a_deleted_message_that_is_shown_is_found() -> None:
    told = [joins(4), *hears(3, 4, 5), replace(DELETE, ref=0)]
    (found,) = check(archive(BLANKED), [View("c", "c", told, complete=True)], [])
    assert "it shows 'lobby 5' at 5" in found
    told = [joins(4), *hears(3, 4, 5), DELETE, Reset("lobby", "now", 6), *hears(4, 5), DELETE]
    (found,) = check(archive(BLANKED), [View("c", "c", told, complete=True)], [])
    assert "was deleted at 6" in found


def plainly(*told: Told | list[Told], old: list[Event] | None = None) -> list[str]:
    flat = [one for some in told for one in (some if isinstance(some, list) else [some])]
    older = {"old": old} if old else {}
    view = View("c", "c", flat, complete=True, plain=True)
    return check(archive(**older), [view], [])


def test_a_plain_page_is_shown_the_newest_page_again_without_a_word() -> None:
    assert plainly(joins(4), hears(3, 4, 5, 6)) == []
    assert plainly(joins(4), hears(3, 4), hears(4, 5, 6)) == []  # the page was too far behind
    old = [*LOBBY[:2], Event(3, "leave", "ann", 0.0, uid="a")]
    began = Joined("lobby", "old", 3, False)
    left = Heard("lobby", 3, "leave", "ann", "a")
    assert plainly(began, hears(2), left, hears(5, 6), old=old) == []


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (hears(3, 4, 6), "a hole or repeat"),
        (hears(2, 4, 3), "a silent part"),
        (hears(3, 4, 5), "a silent part"),
        ([*hears(3, 4, 5, 6), *hears(1)], "a silent part"),
        ([Heard("lobby", 3, "message", "ann", "a", "3", "changed")], "a foreign event"),
    ],
)
def test_a_hole_of_a_plain_page_is_found(told: list[Told], why: str) -> None:
    assert why in plainly(joins(4), told)[0]


def test_a_socket_that_is_not_connected_at_the_end_may_lack_the_end() -> None:
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
        ([said(1), Event(2, "message", "ann", 0.0, "x", uid="a", id="1")], "is in it 2 times"),
        ([said(1), said(3)], "Seq 3 at position 2"),
        ([came(1, "ann"), came(2, "ann")], "joined lobby twice"),
        ([came(1, "ann"), came(2, "bob", "leave")], "without being there"),
        ([came(1, "ann"), Event(2, "join", "Ann", 0.0, uid="x")], "two are called Ann"),
        ([came(1, "ann"), came(2, "bob", "rename", "cleo")], "is not there"),
    ],
)
def test_an_archive_that_contradicts_itself_is_found(log: list[Event], why: str) -> None:
    assert why in check(archive(log), [], [])[0]


def crowded(log: list[Event], *spells: tuple[int, bool]) -> list[str]:
    logs = archive(log)
    logs.crowds = {"now": {"lobby": [(0, False), *spells]}}
    return check(logs, [], [])


def test_in_a_crowd_nothing_is_told_of_who_comes_and_goes() -> None:
    log = [came(1, "ann"), said(2), came(3, "bob", "leave"), came(4, "bob"), came(5, "ann")]
    assert "without being there" in crowded(log)[0]
    assert crowded(log, (1, True), (2, False)) == []
    for spells in ((1, True), (3, False)), ((2, True), (4, False)), ((0, True),):
        assert "is a crowd and tells of" in crowded(log, *spells)[0]
    assert "joined lobby twice" in crowded([*log, came(6, "ann")], (1, True), (2, False))[0]
