"""common/transitions.py: the table is followed, and other transitions are errors."""

from enum import Enum, auto

import pytest

from common.transitions import ImpossibleTransition, follow


class Door(Enum):
    OPEN = auto()
    SHUT = auto()


class Hand(Enum):
    PULLS = auto()
    PUSHES = auto()


TABLE = {(Door.OPEN, Hand.PULLS): Door.SHUT, (Door.SHUT, Hand.PUSHES): Door.OPEN}


def test_an_event_leads_to_the_state_of_the_table() -> None:
    assert follow(TABLE, Door.OPEN, Hand.PULLS) is Door.SHUT


def test_an_impossible_transition_names_state_and_event() -> None:
    with pytest.raises(ImpossibleTransition, match="Door: no PUSHES in OPEN"):
        follow(TABLE, Door.OPEN, Hand.PUSHES)
