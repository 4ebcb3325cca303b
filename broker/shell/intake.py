"""The intake: frames that arrived become commands; rubbish is answered if it has a number."""

import hashlib
from collections.abc import Callable, Iterable, Mapping

from msgspec import structs

from broker.shell.complaints import Complaints, by, number
from broker.shell.metrics import Metrics
from broker.shell.permissions import refusal
from broker.shell.zmq_sockets import Arrived
from common.codec import decode_command
from common.errors import Code, FrameError
from common.keys import Role
from common.log_rate import rate_limited
from common.messages import AnyCommand, Hello

HELLOS_AT_ONCE = 20
"""Lines of the log in ten seconds: whoever says hello again and again does not fill it."""


class Intake:
    """`refuse` answers (peer, no, why, code). `roles`: of each key, by its name; None without
    keys."""

    def __init__(
        self,
        metrics: Metrics,
        refuse: Callable[[bytes, int, str, Code], None],
        roles: Mapping[str, Role] | None,
    ) -> None:
        self._metrics = metrics
        self._roles = roles
        self._complaints = Complaints(metrics)
        self._refuse = refuse
        self._log = rate_limited(__name__, HELLOS_AT_ONCE)

    def commands(self, arrived: Iterable[Arrived]) -> list[tuple[bytes, AnyCommand]]:
        """Each with the peer that sent it."""
        commands: list[tuple[bytes, AnyCommand]] = []
        for one in arrived:
            try:
                command = decode_command(one.frame)
            except FrameError as error:
                self._complaints.note(one, error)
                no = number(one.frame)
                if no is not None:
                    self._refuse(one.peer, no, str(error)[:300], "bad_request")
                continue
            if self._roles is not None and self._forbids(one, command, self._roles):
                continue
            if isinstance(command, Hello):
                command = structs.replace(command, proof=_proof(one.name, command))
                who = f"gateway {command.gateway!r}" if command.gateway else "a script"
                self._log.info("hello from %.200s%s", who, by(one.name))
            commands.append((one.peer, command))
        return commands

    def _forbids(self, one: Arrived, command: AnyCommand, roles: Mapping[str, Role]) -> bool:
        why = refusal(one.name, roles[one.name], command)
        if why:
            self._metrics.refused_commands.inc()
            self._log.warning("refused a command: %.200s", why)
            self._refuse(one.peer, command.no, why, "forbidden")
        return bool(why)

    def count(self, commands: Iterable[tuple[bytes, AnyCommand]]) -> None:
        """These are done."""
        self._metrics.commands.update(str(type(one).__struct_config__.tag) for _, one in commands)


def _proof(name: str, hello: Hello) -> str:
    """What is kept of the proof: a hash, in which the key's name has its part, so that a gateway's
    id belongs to one key. Empty if there is neither."""
    if not name and not hello.proof:
        return ""
    return hashlib.sha256(f"{name}\0{hello.proof}".encode()).hexdigest()
