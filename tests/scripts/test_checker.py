"""scripts/soak/checker.py: which histories it accepts, and which it rejects."""

import pytest

from scripts.soak.checker import Ack, LoggedEvent, Seen, ViewBegan, find_problems

ARCHIVE = [
    LoggedEvent(1, "join", "u"),
    LoggedEvent(2, "message", "u", "a", "one"),
    LoggedEvent(3, "message", "u", "b", "two"),
    LoggedEvent(4, "message", "v", "a", "three"),
]
ACKS = [Ack("u", "a", "one", 2), Ack("u", "b", "two", 3), Ack("v", "a", "three", 4)]
ALL: list[Seen] = [ViewBegan(None), *ARCHIVE]


def test_a_good_history_has_no_problems() -> None:
    views: dict[str, list[Seen]] = {
        "all": ALL,
        "late": [ViewBegan(None), *ARCHIVE[2:]],
        "came back": [ViewBegan(None), *ARCHIVE[:2], ViewBegan(2), *ARCHIVE[2:]],
        "missed nothing": [*ALL, ViewBegan(4)],
        "started over": [*ALL, ViewBegan(None), *ARCHIVE[1:]],
    }
    assert find_problems(ARCHIVE, [*ACKS, ACKS[2]], views) == []


@pytest.mark.parametrize(
    ("view", "what"),
    [
        ([ViewBegan(None), ARCHIVE[0], *ARCHIVE[2:]], "a hole: saw 3, not 2"),
        ([ViewBegan(None), *ARCHIVE[:2], *ARCHIVE[1:]], "a repeat: saw 2, not 3"),
        ([ViewBegan(None), ARCHIVE[1], ARCHIVE[0], *ARCHIVE[2:]], "a repeat: saw 1, not 3"),
        ([ViewBegan(None), *ARCHIVE[:3]], "saw nothing after 3"),
        ([*ALL, LoggedEvent(5, "message", "u", "c", "lost")], "which is not in the archive"),
        (
            [ViewBegan(None), *ARCHIVE[:3], LoggedEvent(4, "message", "v", "a", "3")],
            "which is not in the archive",
        ),
        ([ViewBegan(None), *ARCHIVE[:2], ViewBegan(2), ARCHIVE[3]], "a hole: saw 4, not 3"),
        ([ViewBegan(None), *ARCHIVE[:2], ViewBegan(2), *ARCHIVE[1:]], "a repeat: saw 2, not 3"),
        (ARCHIVE, "before its join was acked"),
        ([ViewBegan(2)], "saw nothing after 2"),
    ],
)
def test_a_bad_view_is_reported(view, what: str) -> None:
    found = find_problems(ARCHIVE, ACKS, {"eve": view})
    assert any(line.startswith("eve: ") and what in line for line in found), found


@pytest.mark.parametrize(
    ("ack", "what"),
    [
        (Ack("u", "z", "lost", 9), "not in the archive"),
        (Ack("u", "z", "lost", 0), "not in the archive"),
        (Ack("u", "z", "lost", 4), "where the archive has"),
        (Ack("u", "b", "2", 3), "where the archive has"),
        (Ack("v", "a", "three", 3), "was acked as 4 and as 3"),
    ],
)
def test_a_bad_ack_is_reported(ack: Ack, what: str) -> None:
    assert any(what in line for line in find_problems(ARCHIVE, [*ACKS, ack], {}))


def test_acks_out_of_order_are_reported() -> None:
    assert "before a message that was sent earlier" in str(find_problems(ARCHIVE, ACKS[1::-1], {}))
    assert find_problems(ARCHIVE, [*ACKS, ACKS[0]], {}) == [], (
        "a late ack of a first attempt is no problem"
    )


def test_a_bad_archive_is_reported() -> None:
    assert "in it 2 times" in str(
        find_problems([*ARCHIVE, LoggedEvent(5, "message", "u", "a", "one")], [], {})
    )
    assert "Seq 3 at position 2" in str(find_problems([ARCHIVE[0], *ARCHIVE[2:]], [], {}))
