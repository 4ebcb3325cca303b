"""The acks: the broker's answers as browsers get them (docs/wire.md)."""

from typing import Any, assert_never

from common import messages as m
from gateway.protocol.payloads import event_payload, whole_seconds


def error_ack(code: str, message: str, retry_after_s: float = 0.0) -> dict[str, Any]:
    """Returns the ack of a request that failed."""
    error: dict[str, Any] = {"code": code, "message": message}
    if retry_after_s:
        error["retryAfter"] = retry_after_s
    return {"ok": False, "error": error}


def ack_of(answer: m.AnyAnswer | None, hold: bool) -> dict[str, Any] | None:
    """Returns the ack for an answer; None leaves the request unanswered.

    `answer` is None if the broker did not answer in time. With `hold`, which stands for commands
    that change something, such a request is left unanswered: the command may have been done, and a
    client that retries stops as soon as it gets any ack.
    """
    match answer:
        case None:
            return None if hold else error_ack("unavailable", "the broker is away: try again")
        case m.Failed(code=code, message=message, retry_after_s=retry_after_s):
            return error_ack(code, message, retry_after_s)
        case m.Done():
            return {"ok": True}
        case m.Said(id=id, seq=seq, timestamp=timestamp):
            return {"ok": True, "id": id, "seq": seq, "timestamp": whole_seconds(timestamp)}
        case m.Opened(room=room, user=user, uid=uid, head=head):
            return {"ok": True, "room": room, "user": user, "uid": uid, "seq": head}
        case m.Paged(room=room, events=events, more=more):
            return {"ok": True, "events": [event_payload(room, e) for e in events], "more": more}
        case m.Listed(count=count, version=version, users=users, more=more):
            return {"ok": True, "count": count, "version": version, "users": users, "more": more}
        case m.RoomsListed(rooms=rooms, more=more):
            return {"ok": True, "rooms": [_room_row(row) for row in rooms], "more": more}
        case m.Joined() | m.Welcome() | m.HeadsTold():
            return error_ack("unavailable", "the broker sent an answer of the wrong kind")
        case _:
            assert_never(answer)


def _room_row(row: m.RoomRow) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "room": row.room,
        "kind": row.kind,
        "count": row.count,
        "seq": row.seq,
        "read": row.read,
        "unread": row.unread,
    }
    if row.title:
        payload["title"] = row.title
    if row.user:
        payload["user"] = row.user
    return payload
