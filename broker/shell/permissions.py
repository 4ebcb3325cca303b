"""The permissions: which commands the keys of each role may send. With keys only; without keys
whoever reaches the broker's ports may send all of them (docs/security.md)."""

from common.keys import Role
from common.messages import (
    Announce,
    AnyCommand,
    Ban,
    Beat,
    Blank,
    Bye,
    Direct,
    GetHeads,
    GetHistory,
    GetNames,
    GetPage,
    GetParticipants,
    GetRooms,
    Gone,
    Hello,
    Join,
    Leave,
    Quit,
    Register,
    Say,
    TakeUp,
    Type,
)

_GATEWAY: tuple[Role, ...] = ("gateway",)
_STAFF: tuple[Role, ...] = ("moderator", "admin")

ROLES_OF: dict[type[AnyCommand], tuple[Role, ...]] = {
    Hello: ("gateway", "publisher", "moderator", "admin", "monitor"),
    # What gateways do for themselves, and on behalf of the sockets that they hold.
    Register: _GATEWAY,
    Beat: _GATEWAY,
    Bye: _GATEWAY,
    TakeUp: _GATEWAY,
    GetPage: _GATEWAY,
    GetHeads: _GATEWAY,
    GetNames: _GATEWAY,
    Join: _GATEWAY,
    Leave: _GATEWAY,
    Gone: _GATEWAY,
    Say: _GATEWAY,
    Type: _GATEWAY,
    Direct: _GATEWAY,
    Quit: _GATEWAY,
    GetHistory: _GATEWAY,
    GetParticipants: _GATEWAY,
    GetRooms: _GATEWAY,
    # What scripts do.
    Announce: ("publisher", *_STAFF),
    Blank: _STAFF,
    Ban: _STAFF,
}
"""Every command has a row: tests/broker/shell/test_permissions.py fails for one that is
forgotten."""

SUBSCRIBERS: tuple[Role, ...] = _GATEWAY
"""The roles whose keys are let in at the port where the broker publishes."""


def refusal(name: str, role: Role, command: AnyCommand) -> str:
    """Why the key of this name may not send this command; empty if it may."""
    allowed = ROLES_OF[type(command)]
    if role not in allowed:
        what = f"send {str(type(command).__struct_config__.tag)!r}"
    elif role != "gateway" and isinstance(command, Hello) and command.gateway:
        allowed, what = _GATEWAY, "be a gateway"
    else:
        return ""
    return (
        f"the key {name} has the role {role}, which may not {what}: that takes "
        f"{' or '.join(allowed)} (scripts.keys sets roles, where the broker is)"
    )
