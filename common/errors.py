"""The errors that bad requests and bad frames cause; each is caught in one place, at the edge."""

from typing import Literal, get_args

Code = Literal[
    "bad_request",
    "bad_name",
    "not_joined",
    "no_such_room",
    "no_such_user",
    "no_such_event",
    "forbidden",
    "too_long",
    "rate_limited",
    "unavailable",
    "banned",
    "hello",
]
"""Why a request was refused. `unavailable` means that the outcome is unknown: try again with the
same id. `hello` is sent by the broker to gateways only: the broker does not know this link, so the
gateway has to send `Hello` first."""

CODES: frozenset[str] = frozenset(get_args(Code))


class Refused(Exception):
    """A request that is answered with an error. Nothing of it was done."""

    def __init__(self, code: Code, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.retry_after_s = retry_after_s


class FrameError(ValueError):
    """Bytes from a ZeroMQ socket that cannot be decoded. The message says why."""
