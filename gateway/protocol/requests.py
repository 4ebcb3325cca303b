"""The asks: what a browser may ask for, checked. Pure.

`room`, `user` and `message` are strings of any length here: `browser` measures them, and tells what
is wrong in words for people.
"""

from typing import Annotated

from msgspec import Meta, Struct

from common.messages import Name, Seq, Since
from common.names import LOBBY

PAGE = 100
HISTORY = 50
AUTH_ROOMS = 100
TEXT_CHARS = 4000

Token = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]{22,64}\Z")]
TOKEN_DIFFERENT = 5
"""Any random token has far more different characters, one of hexadecimal digits too."""
Id = Annotated[str, Meta(min_length=1, max_length=64)]


def _check_token(token: str) -> None:
    """Whoever guesses a token is that person. Raises ValueError."""
    if len(set(token)) < TOKEN_DIFFERENT:
        raise ValueError(f"a token is random: {TOKEN_DIFFERENT} different characters at least")


class PlainJoin(Struct, frozen=True):
    """Joins the lobby under this name, or renames."""

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
    """Says something in the lobby."""

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
    """Began (or stopped) typing in the lobby."""

    typing: bool


class TypingRequest(Struct, frozen=True):
    room: str
    typing: bool


class DirectRequest(Struct, frozen=True):
    """One of the two is given."""

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
    """A room to be joined by the handshake. A name that is none is kept as it is: the refusal is
    this room's alone."""

    room: str
    since: Since | None = None


class AuthRequest(Struct, frozen=True):
    """The handshake's `auth`."""

    token: Token
    user: str | None = None
    join: Annotated[list[AuthRoom], Meta(max_length=AUTH_ROOMS)] = []

    def __post_init__(self) -> None:
        _check_token(self.token)
