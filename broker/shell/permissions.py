"""The permissions: which commands the keys of each role may send.

They count only if the broker has keys. Without keys every process that reaches the broker's ports
may send all commands (docs/security.md).
"""

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
    # Commands of gateways, for themselves and for the sockets of their browsers.
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
    # Commands of scripts.
    Announce: ("publisher", *_STAFF),
    Blank: _STAFF,
    Ban: _STAFF,
}
"""Every command has a row: tests/broker/shell/test_permissions.py fails if a command has none."""

SUBSCRIBERS: tuple[Role, ...] = _GATEWAY
"""The roles whose keys may connect to the port at which the broker publishes."""


def refusal(key: str, role: Role, command: AnyCommand) -> str:
    """Why the key with this name and role may not send this command; empty if it may."""
    allowed = ROLES_OF[type(command)]
    if role not in allowed:
        forbidden = f"send {str(type(command).__struct_config__.tag)!r}"
    elif role != "gateway" and isinstance(command, Hello) and command.gateway:
        allowed, forbidden = _GATEWAY, "be a gateway"
    else:
        return ""
    return (
        f"the key {key} has the role {role}, which may not {forbidden}: that takes "
        f"{' or '.join(allowed)} (scripts.keys sets roles, where the broker is)"
    )
