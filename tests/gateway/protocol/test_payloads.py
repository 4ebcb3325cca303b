"""What browsers are told of events and times: gateway/protocol/payloads.py, and
gateway/protocol/acks.py."""

import pytest

from common import messages as m
from gateway.protocol.acks import ack_of
from gateway.protocol.payloads import event_payload


def test_an_event_has_the_keys_that_browsers_read() -> None:
    event = m.Event(seq=3, kind="message", user="ann", timestamp=1.5, text="hi", uid="u", id="i")
    assert event_payload("lobby", event) == {
        "EvtType": "message", "User": "ann", "Timestamp": 1, "Text": "hi", "Room": "lobby",
        "Seq": 3, "Id": "i", "Uid": "u",
    }  # fmt: skip
    changed = event_payload("lobby", m.Event(4, "edit", "ann", 2.0, "ho", ref=3, rev=4))
    assert (changed["Ref"], changed["Rev"]) == (3, 4)


@pytest.mark.parametrize("timestamp", [0.0, 1795764215.0, 1795764215.9216037, 1795764215.9999999])
def test_times_are_whole_seconds_and_the_same_in_ack_live_and_history(timestamp: float) -> None:
    event = m.Event(seq=3, kind="message", user="ann", timestamp=timestamp, text="hi", id="i")
    live = event_payload("lobby", event)["Timestamp"]
    said = ack_of(
        m.Said(term=1, no=1, room="lobby", id="i", seq=3, timestamp=timestamp), hold=False
    )
    page = m.Paged(term=1, no=2, room="lobby", epoch="e", head=3, events=[event], more=False)
    asked = ack_of(page, hold=False)
    assert said is not None
    assert asked is not None
    for told in (live, said["timestamp"], asked["events"][0]["Timestamp"]):
        assert type(told) is int
        assert told == int(timestamp)
