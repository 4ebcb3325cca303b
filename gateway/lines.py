"""The lines: events as the frames that sockets are sent, encoded once. Pure."""

from collections.abc import Sequence

from common.messages import Event
from gateway.browser import event_payload
from gateway.frames import Batch, Frame


def lines(room: str, events: Sequence[Event], plain: bool = False) -> Batch:
    """These events of one room as `chat` frames. Plain pages know no announcements: there they are
    messages."""
    frames = []
    for event in events:
        payload = event_payload(room, event)
        if plain and event.kind == "announce":
            payload["EvtType"] = "message"
        frames.append(Frame.event("chat", payload))
    return Batch(frames)


def reset(room: str, epoch: str, seq: int) -> Frame:
    """Forget the room's lines, the newest page follows."""
    return Frame.event("reset", {"Room": room, "Epoch": epoch, "Seq": seq})


def newest(events: Sequence[Event], messages: int, most: int) -> list[Event]:
    """What a newcomer is shown of a log's end: back to the n-th last message, `most` events at
    the most."""
    start = len(events)
    left = messages
    while start > 0 and len(events) - start < most and left > 0:
        start -= 1
        left -= events[start].kind == "message"
    return list(events[start:])
