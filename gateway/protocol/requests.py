"""The requests of browsers, typed (docs/wire.md has their payloads).

`room`, `user` and `message` are strings of any length here: `parsing` checks them and refuses wrong
ones in words for people.
"""

from typing import Annotated

from msgspec import Meta, Struct

from common.messages import Name, Seq, Since
from common.names import LOBBY

PAGE = 100
"""The most rows of a page, and the number of rows if the request has no `limit`."""
HISTORY = 50
"""The number of events if a `history` request has no `limit`."""
AUTH_ROOMS = 100
"""The most rooms of a handshake."""
TEXT_CHARS = 4000
"""The most code points of a message, if the settings do not say otherwise."""

Token = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]{22,64}\Z")]
TOKEN_DIFFERENT = 5
"""The least number of different characters of a token. Any random token has far more, even one of
hexadecimal digits."""
Id = Annotated[str, Meta(min_length=1, max_length=64)]


def _check_token(token: str) -> None:
    """Raises ValueError if the token is easy to guess: whoever knows it is that person."""
    if len(set(token)) < TOKEN_DIFFERENT:
        raise ValueError(f"a token is random: {TOKEN_DIFFERENT} different characters at least")


class PlainJoin(Struct, frozen=True):
    """Join the lobby under this name; again on the same socket: rename."""

    user: str


class JoinRequest(Struct, frozen=True):
    room: str = LOBBY
    user: str | None = None
    token: Token | None = None
    since: Since | None = None

    def __post_init__(self) -> None:
        if self.token is not None:
            _check_token(self.token)


class PlainChat(Struct, frozen=True):
    """Send a message to the lobby."""

    message: str


class ChatRequest(Struct, frozen=True):
    room: str
    message: str
    id: Id | None = None


class LeaveRequest(Struct, frozen=True):
    room: str


class QuitRequest(Struct, frozen=True):
    room: str


class PlainTyping(Struct, frozen=True):
    """Began (`typing`) or stopped typing in the lobby."""

    typing: bool


class TypingRequest(Struct, frozen=True):
    room: str
    typing: bool


class DirectRequest(Struct, frozen=True):
    """Open the conversation with one person. Exactly one of the two fields is given."""

    user: str | None = None
    uid: Id | None = None


class HistoryRequest(Struct, frozen=True):
    room: str
    before: Seq | None = None
    after: Seq | None = None
    limit: int = HISTORY


class ParticipantsRequest(Struct, frozen=True):
    room: str
    after: Name = ""
    prefix: Name = ""
    limit: int = PAGE


class RoomsRequest(Struct, frozen=True):
    after: Name = ""
    limit: int = PAGE


Request = (
    PlainJoin | JoinRequest | PlainChat | ChatRequest | LeaveRequest | QuitRequest | PlainTyping
    | TypingRequest | DirectRequest | HistoryRequest | ParticipantsRequest | RoomsRequest
)  # fmt: skip


class AuthRoom(Struct, frozen=True):
    """A room that the handshake joins. The name may be bad: only the join of this room is refused
    then, not the whole handshake."""

    room: str
    since: Since | None = None


class AuthRequest(Struct, frozen=True):
    """The `auth` of the handshake."""

    token: Token
    user: str | None = None
    join: Annotated[list[AuthRoom], Meta(max_length=AUTH_ROOMS)] = []

    def __post_init__(self) -> None:
        _check_token(self.token)
