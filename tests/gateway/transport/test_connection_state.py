"""gateway/transport/connection_state.py: which state follows which, and what cannot happen."""

import pytest

from common.transitions import ImpossibleTransition
from gateway.transport.connection_state import TRANSITIONS, ConnectionEvent, ConnectionState

S, E = ConnectionState, ConnectionEvent


def state_after(*events: ConnectionEvent) -> ConnectionState:
    state = S.OPENING
    for event in events:
        state = state.after(event)
    return state


def test_a_polling_connection_is_upgraded_and_finishes_by_websocket() -> None:
    opened = (E.POLL_OPENED, E.UPGRADE_BEGAN)
    assert state_after(*opened).upgrading
    assert not state_after(*opened).upgraded
    assert state_after(*opened, E.UPGRADE_FAILED) is S.POLLING
    assert state_after(*opened, E.UPGRADED, E.FINISH) is S.FINISHING_WEBSOCKET


def test_an_upgrade_may_end_after_the_last_word() -> None:
    finishing = (E.POLL_OPENED, E.UPGRADE_BEGAN, E.FINISH)
    assert state_after(*finishing).closing
    assert state_after(*finishing).upgrading
    assert state_after(*finishing, E.UPGRADED).upgraded
    assert state_after(*finishing, E.UPGRADE_FAILED) is S.FINISHING_POLLING


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([E.UPGRADE_BEGAN], "no UPGRADE_BEGAN in OPENING"),
        ([E.WEBSOCKET_OPENED, E.UPGRADED], "no UPGRADED in WEBSOCKET"),
        ([E.CLOSE, E.CLOSE], "no CLOSE in CLOSED"),
    ],
)
def test_an_impossible_event_is_an_error_that_names_state_and_event(
    events: list[ConnectionEvent], said: str
) -> None:
    with pytest.raises(ImpossibleTransition, match=f"ConnectionState: {said}"):
        state_after(*events)


def test_every_state_but_the_last_can_be_closed() -> None:
    closable = {state for state, event in TRANSITIONS if event is E.CLOSE}
    assert closable == {*S} - {S.CLOSED}
    assert all(state.closing == (state.name.startswith(("FINISHING", "CLOSED"))) for state in S)
