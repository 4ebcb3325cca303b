"""State machines as tables: (state, event) → next state. Every other combination is an error."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class ImpossibleTransition(Exception):
    """An error of ours: an event came in a state in which it cannot happen."""


def follow(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The state after this event. Raises ImpossibleTransition, which names state and event."""
    try:
        return table[state, event]
    except KeyError:
        machine = type(state).__qualname__
        raise ImpossibleTransition(f"{machine}: no {event.name} in {state.name}") from None
