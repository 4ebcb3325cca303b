"""Parsing: the name and arguments of a browser's event become a typed request.

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

CLEAN_DEPTH = 4
"""How deep a payload is copied: no value that is read lies deeper."""


class _Since(Struct, frozen=True):
    """`Since` as browsers send it: its keys have capital letters, as in events."""

    epoch: Annotated[str, Meta(max_length=64)] = msgspec.field(name="Epoch")
    seq: Seq = msgspec.field(name="Seq")


class _PlainText(Struct, frozen=True):
    """The JSON in a plain `chat`. Its `user` and `timestamp` are ignored: browsers may lie."""

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
_DEFAULT_LIMITS = {"history": HISTORY, "participants": PAGE, "rooms": PAGE}
_NOT_YET_OFFERED = frozenset(("create", "invite", "read", "search", "edit", "delete", "react"))
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL and lone surrogates."""


def parse_request(
    event: str, args: list[Any], plain: bool, page: int = PAGE, text_chars: int = TEXT_CHARS
) -> Request:
    """Returns the request. `plain` sockets may leave out the room, which is the lobby then; `page`
    is the most rows of a page, `text_chars` the most code points of a message. Raises Refused."""
    form = _FORMS.get(event)
    if form is None:
        if event in _NOT_YET_OFFERED:
            raise Refused("bad_request", f"{event} is not offered yet")
        raise Refused("bad_request", f"no such event; there are {', '.join(_FORMS)}")
    if isinstance(args, BinaryArgs):
        raise Refused("bad_request", f"{event} takes nothing binary")
    argument = _clean(args[0]) if args else None
    if isinstance(argument, str):
        if event == "join":
            return PlainJoin(user_name(argument))
        if event == "chat":
            return PlainChat(_plain_text(argument, text_chars))
    if event == "typing" and (argument is None or isinstance(argument, str)):
        return PlainTyping(bool(argument) or not args)
    if event == "rooms" and argument is None:
        argument = {}
    if not isinstance(argument, dict):
        raise Refused("bad_request", f"{event} takes an object")
    if plain and argument.get("room") is None:
        argument["room"] = LOBBY
    if event in _DEFAULT_LIMITS and argument.get("limit") is None:
        argument["limit"] = min(_DEFAULT_LIMITS[event], page)
    request = _checked(_convert(event, argument, form), page)
    if isinstance(request, ChatRequest):
        _check_length(request.message, text_chars)
    return request


def parse_auth(auth: object) -> AuthRequest | None:
    """Returns what the handshake asks for; None if it has neither a token nor rooms. Raises
    Refused."""
    given = _clean(auth)
    if not isinstance(given, dict) or (given.get("token") is None and given.get("join") is None):
        return None
    join = given.get("join")
    if isinstance(join, list):
        if len(join) > AUTH_ROOMS:
            raise Refused("bad_request", f"auth: join takes at most {AUTH_ROOMS} rooms")
        given["join"] = [_without_nulls(room) for room in join]
    request: AuthRequest = _convert("auth", given, AuthRequest)
    rooms = [AuthRoom(_room_or_as_it_is(row.room), row.since) for row in request.join]
    user = None if request.user is None else _user(request.user, request.token)
    return AuthRequest(request.token, user, rooms)


def _convert(event: str, given: dict[str, Any], form: Any) -> Any:
    """Returns the object as a struct of this type. Raises Refused."""
    try:
        return msgspec.convert(_without_nulls(given), form)
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        raise Refused("bad_request", f"{event}: {error}") from None


def _checked(request: Any, page: int) -> Request:
    """Returns the request with its names in their one spelling. Raises Refused."""
    changed: dict[str, Any] = {}
    if not isinstance(request, DirectRequest | RoomsRequest):
        changed["room"] = _room(request.room)
    if isinstance(request, JoinRequest | DirectRequest) and request.user is not None:
        changed["user"] = _user(
            request.user, request.token if isinstance(request, JoinRequest) else None
        )
    if isinstance(request, DirectRequest) and (request.user is None) == (request.uid is None):
        raise Refused("bad_request", "direct takes one of user and uid")
    if (
        isinstance(request, HistoryRequest | ParticipantsRequest | RoomsRequest)
        and not 1 <= request.limit <= page
    ):
        raise Refused("bad_request", f"limit is 1 to {page}")
    if all(getattr(request, name) == value for name, value in changed.items()):
        return request  # type: ignore[no-any-return]
    checked: Request = msgspec.structs.replace(request, **changed)
    return checked


def _user(name: str, token: str | None) -> str:
    """Returns the name in its one spelling. With a token any name passes that is not too long: an
    older rule may have allowed it, and the broker lets the owner of the token keep it."""
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
        # The `…` makes sure that a bad name, which is cut here, stays a bad name.
        return name if len(name) <= TYPED_CHARS else name[:ROOM_NAME_CHARS] + "…"


def _check_length(text: str, text_chars: int) -> None:
    """Raises Refused if a message is too long. The broker checks everything else in it."""
    if len(text) > text_chars:
        raise Refused("too_long", f"a message has at most {text_chars} characters")


def _plain_text(argument: str, text_chars: int) -> str:
    """Returns the text of a plain `chat`, a JSON string. Raises Refused."""
    if too_many_values(argument, sizes(text_chars).values):
        raise Refused("too_long", f"a message has at most {text_chars} characters")
    try:
        plain = msgspec.convert(_clean(json.loads(argument)), _PlainText)
    except (ValueError, RecursionError):
        raise Refused(
            "bad_request", 'chat takes {room, message}, or a JSON string {"message": …}'
        ) from None
    _check_length(plain.message, text_chars)
    return plain.message


def _without_nulls(value: Any) -> Any:
    """Returns an object without the keys that are null, which means "not given"; its `since`
    becomes a Since. Any other value is returned as it is. Raises Refused."""
    if not isinstance(value, dict):
        return value
    given = {key: item for key, item in value.items() if item is not None}
    if "since" in given:
        try:
            since = msgspec.convert(given["since"], _Since)
        except msgspec.ValidationError as error:
            raise Refused("bad_request", f"since is {{Epoch, Seq}}: {error}") from None
        given["since"] = Since(since.epoch, since.seq)
    return given


def _clean(value: Any, depth: int = CLEAN_DEPTH) -> Any:
    """Returns a copy that is UTF-8 and that any database stores: lone surrogates and NUL become
    U+FFFD. Values deeper than `depth` are not copied."""
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:
            return value
        return _UNSTORABLE.sub("\ufffd", value)
    if depth and isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    if depth and isinstance(value, dict):
        return {_clean(key): _clean(item, depth - 1) for key, item in value.items()}
    return value
