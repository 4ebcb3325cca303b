"""What a browser may say: its events and their arguments become typed structs. Pure.

Any arguments give a Request or Refused, nothing else. Unknown keys and further arguments are
ignored.
"""

import json
import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from common.errors import Refused
from common.messages import Seq, Since
from common.names import LOBBY, ROOM_NAME_CHARS, TYPED_CHARS, is_private, room_key, user_name
from gateway.protocol.attachments import BinaryArgs
from gateway.protocol.requests import (
    AUTH_ROOMS,
    HISTORY,
    PAGE,
    TEXT_CHARS,
    AuthRequest,
    AuthRoom,
    ChatRequest,
    DirectRequest,
    HistoryRequest,
    JoinRequest,
    LeaveRequest,
    ParticipantsRequest,
    PlainChat,
    PlainJoin,
    PlainTyping,
    QuitRequest,
    Request,
    RoomsRequest,
    TypingRequest,
)
from gateway.protocol.sizes import sizes, too_many_values

__all__ = [
    "AuthRequest",
    "AuthRoom",
    "ChatRequest",
    "DirectRequest",
    "HistoryRequest",
    "JoinRequest",
    "LeaveRequest",
    "ParticipantsRequest",
    "PlainChat",
    "PlainJoin",
    "PlainTyping",
    "QuitRequest",
    "Request",
    "RoomsRequest",
    "TypingRequest",
    "parse",
    "parse_auth",
]

CLEAN_DEPTH = 4
"""Nothing that we read lies deeper in a payload."""


class _Since(Struct, frozen=True):
    """`Since` with the capital letters that events have."""

    epoch: Annotated[str, Meta(max_length=64)] = msgspec.field(name="Epoch")
    seq: Seq = msgspec.field(name="Seq")


class _Line(Struct, frozen=True):
    """The plain form's line; who says it and when is not believed."""

    message: str


_FORMS: dict[str, type[Request]] = {
    "join": JoinRequest,
    "chat": ChatRequest,
    "leave": LeaveRequest,
    "quit": QuitRequest,
    "typing": TypingRequest,
    "direct": DirectRequest,
    "history": HistoryRequest,
    "participants": ParticipantsRequest,
    "rooms": RoomsRequest,
}
_LIMITS = {"history": HISTORY, "participants": PAGE, "rooms": PAGE}
_LATER = frozenset(("create", "invite", "read", "search", "edit", "delete", "react"))
_UNSAYABLE = re.compile("[\0\ud800-\udfff]")


def parse(
    event: str, args: list[Any], plain: bool, page: int = PAGE, text_chars: int = TEXT_CHARS
) -> Request:
    """What was asked. `plain` sockets may leave out the room: it is the lobby. Raises Refused."""
    form = _FORMS.get(event)
    if form is None:
        if event in _LATER:
            raise Refused("bad_request", f"{event} is not offered yet")
        raise Refused("bad_request", f"no such event; there are {', '.join(_FORMS)}")
    if isinstance(args, BinaryArgs):
        raise Refused("bad_request", f"{event} takes nothing binary")
    said = _clean(args[0]) if args else None
    if isinstance(said, str):
        if event == "join":
            return PlainJoin(user_name(said))
        if event == "chat":
            return PlainChat(_measured(_line(said, text_chars), text_chars))
    if event == "typing" and (said is None or isinstance(said, str)):
        return PlainTyping(bool(said) or not args)
    if event == "rooms" and said is None:
        said = {}
    if not isinstance(said, dict):
        raise Refused("bad_request", f"{event} takes an object")
    if plain and said.get("room") is None:
        said["room"] = LOBBY
    if event in _LIMITS and said.get("limit") is None:
        said["limit"] = min(_LIMITS[event], page)
    ask = _checked(_convert(event, said, form), page)
    if isinstance(ask, ChatRequest):
        _measured(ask.message, text_chars)
    return ask


def parse_auth(auth: object) -> AuthRequest | None:
    """What the handshake asks for; None if it is about nothing of ours. Raises Refused."""
    said = _clean(auth)
    if not isinstance(said, dict) or (said.get("token") is None and said.get("join") is None):
        return None
    join = said.get("join")
    if isinstance(join, list):
        if len(join) > AUTH_ROOMS:
            raise Refused("bad_request", f"auth: join takes at most {AUTH_ROOMS} rooms")
        said["join"] = [_without_nulls(room) for room in join]
    ask: AuthRequest = _convert("auth", said, AuthRequest)
    rooms = [AuthRoom(_room_or_as_it_is(asked.room), asked.since) for asked in ask.join]
    user = None if ask.user is None else _user(ask.user, ask.token)
    return AuthRequest(ask.token, user, rooms)


def _convert(event: str, said: dict[str, Any], form: Any) -> Any:
    try:
        return msgspec.convert(_without_nulls(said), form)
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        raise Refused("bad_request", f"{event}: {error}") from None


def _checked(ask: Any, page: int) -> Request:
    """The same with its names in their one spelling."""
    changed: dict[str, Any] = {}
    if not isinstance(ask, DirectRequest | RoomsRequest):
        changed["room"] = _room(ask.room)
    if isinstance(ask, JoinRequest | DirectRequest) and ask.user is not None:
        changed["user"] = _user(ask.user, ask.token if isinstance(ask, JoinRequest) else None)
    if isinstance(ask, DirectRequest) and (ask.user is None) == (ask.uid is None):
        raise Refused("bad_request", "direct takes one of user and uid")
    if (
        isinstance(ask, HistoryRequest | ParticipantsRequest | RoomsRequest)
        and not 1 <= ask.limit <= page
    ):
        raise Refused("bad_request", f"limit is 1 to {page}")
    checked: Request = msgspec.structs.replace(ask, **changed)
    return checked


def _user(name: str, token: str | None) -> str:
    """Who has a name that was taken by older rules keeps it: the broker knows, by the token."""
    try:
        return user_name(name)
    except Refused:
        if token is None or len(name) > TYPED_CHARS:
            raise
        return name


def _room(name: str) -> str:
    if not is_private(name):
        return room_key(name)
    if len(name) > ROOM_NAME_CHARS:
        raise Refused("no_such_room", "there is no such room")
    return name


def _room_or_as_it_is(name: str) -> str:
    try:
        return _room(name)
    except Refused:
        # What is cut stays no room's name.
        return name if len(name) <= TYPED_CHARS else name[:ROOM_NAME_CHARS] + "…"


def _measured(text: str, text_chars: int) -> str:
    """What is too long goes no further; the broker looks at the rest."""
    if len(text) > text_chars:
        raise Refused("too_long", f"a message has at most {text_chars} characters")
    return text


def _line(said: str, text_chars: int) -> str:
    if too_many_values(said, sizes(text_chars).values):
        raise Refused("too_long", f"a message has at most {text_chars} characters")
    try:
        line = msgspec.convert(_clean(json.loads(said)), _Line)
    except (ValueError, RecursionError):
        raise Refused(
            "bad_request", 'chat takes {room, message}, or a JSON string {"message": …}'
        ) from None
    return line.message


def _without_nulls(said: Any) -> Any:
    """null means: not given. `since` gets its two words."""
    if not isinstance(said, dict):
        return said
    given = {key: value for key, value in said.items() if value is not None}
    if "since" in given:
        try:
            since = msgspec.convert(given["since"], _Since)
        except msgspec.ValidationError as error:
            raise Refused("bad_request", f"since is {{Epoch, Seq}}: {error}") from None
        given["since"] = Since(since.epoch, since.seq)
    return given


def _clean(said: Any, depth: int = CLEAN_DEPTH) -> Any:
    """A copy in which nothing breaks UTF-8 or a database: lone surrogates and NUL are U+FFFD."""
    if isinstance(said, str):
        if said.isascii() and "\0" not in said:
            return said
        return _UNSAYABLE.sub("\ufffd", said)
    if depth and isinstance(said, list):
        return [_clean(item, depth - 1) for item in said]
    if depth and isinstance(said, dict):
        return {_clean(key): _clean(value, depth - 1) for key, value in said.items()}
    return said
