"""The payloads: events and times as browsers get them (docs/wire.md)."""

import math
from typing import Any

from common.messages import Event


def whole_seconds(timestamp: float) -> int:
    """Returns a Unix time as all browsers get it: typed clients of the original chat expect an
    integer. It is rounded down, so that an event has the same time in its ack, live and in
    history."""
    return math.floor(timestamp)


def event_payload(room: str, event: Event) -> dict[str, Any]:
    """Returns the payload of a room's event. Fields that it lacks are left out."""
    payload: dict[str, Any] = {
        "EvtType": event.kind,
        "User": event.user,
        "Timestamp": whole_seconds(event.timestamp),
        "Text": event.text,
        "Room": room,
        "Seq": event.seq,
    }
    if event.id:
        payload["Id"] = event.id
    if event.uid:
        payload["Uid"] = event.uid
    if event.ref:
        payload["Ref"] = event.ref
    if event.rev:
        payload["Rev"] = event.rev
    return payload
