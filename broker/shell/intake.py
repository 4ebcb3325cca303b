"""The intake: turns incoming frames into commands.

It refuses frames that cannot be decoded, and commands that the role of the sender's key forbids.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import structs

from broker.shell.metrics import Metrics
from broker.shell.permissions import refusal
from broker.shell.zmq_sockets import IncomingFrame
from common.codec import decode_command
from common.errors import Code, FrameError
from common.keys import Role
from common.log_rate import rate_limited
from common.messages import AnyCommand, Hello

HELLOS_LOGGED = 20
"""Hellos that are logged in ten seconds; a peer that repeats its Hello cannot fill the disk."""


class _Numbered(msgspec.Struct):
    """The only field that is read of a frame that cannot be decoded."""

    no: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


_numbered = msgspec.msgpack.Decoder(_Numbered)


class Intake:
    """`refuse(peer, no, why, code)` sends an error answer. `roles` has the role of each key by the
    key's name; it is None if the broker works without keys."""

    def __init__(
        self,
        metrics: Metrics,
        refuse: Callable[[bytes, int, str, Code], None],
        roles: Mapping[str, Role] | None,
    ) -> None:
        self._metrics = metrics
        self._refuse = refuse
        self._roles = roles
        self._log = rate_limited(__name__)
        self._hello_log = rate_limited(__name__, HELLOS_LOGGED)

    def commands(self, frames: Iterable[IncomingFrame]) -> list[tuple[bytes, AnyCommand]]:
        """The commands in these frames, each with the peer that sent it. A frame that cannot be
        decoded is answered if its number can be read."""
        commands: list[tuple[bytes, AnyCommand]] = []
        for incoming in frames:
            try:
                command = decode_command(incoming.frame)
            except FrameError as error:
                self._refuse_frame(incoming, error)
                continue
            if self._roles is not None and self._forbids(incoming, command, self._roles):
                continue
            if isinstance(command, Hello):
                command = structs.replace(command, proof=_proof(incoming.key, command))
                who = f"gateway {command.gateway!r}" if command.gateway else "a script"
                self._hello_log.info("hello from %.200s%s", who, _with_key(incoming.key))
            commands.append((incoming.peer, command))
        return commands

    def count(self, commands: Iterable[tuple[bytes, AnyCommand]]) -> None:
        """Counts these commands as handled."""
        self._metrics.commands.update(
            str(type(command).__struct_config__.tag) for _, command in commands
        )

    def _refuse_frame(self, incoming: IncomingFrame, error: FrameError) -> None:
        self._metrics.bad_frames.inc()
        with_key = _with_key(incoming.key)
        self._log.warning("a frame%s cannot be decoded: %.200r", with_key, str(error))
        no = command_number(incoming.frame)
        if no is not None:
            self._refuse(incoming.peer, no, str(error)[:300], "bad_request")

    def _forbids(
        self, incoming: IncomingFrame, command: AnyCommand, roles: Mapping[str, Role]
    ) -> bool:
        why = refusal(incoming.key, roles[incoming.key], command)
        if why:
            self._metrics.refused_commands.inc()
            self._log.warning("refused a command: %.200s", why)
            self._refuse(incoming.peer, command.no, why, "forbidden")
        return bool(why)


def command_number(frame: bytes) -> int | None:
    """The `no` of a frame that cannot be decoded as a command; None if it has no valid one."""
    try:
        return _numbered.decode(frame).no
    except (ValueError, RecursionError):
        return None


def _with_key(key: str) -> str:
    """Names the sender's key in a log line; empty without keys."""
    return f" with the key {key}" if key else ""


def _proof(key: str, hello: Hello) -> str:
    """The hash of the key's name and the gateway's proof, so that a gateway's id belongs to one
    key. Only the hash is kept. Empty if there is neither a key nor a proof."""
    if not key and not hello.proof:
        return ""
    return hashlib.sha256(f"{key}\0{hello.proof}".encode()).hexdigest()
