"""broker.shell.permissions: every command belongs to roles, and only gateways act for people."""

from typing import get_args

import pytest

from broker.shell.permissions import ROLES_OF, SUBSCRIBERS, refusal
from common.keys import ROLES, Role
from common.messages import (
    Announce,
    AnyCommand,
    Ban,
    Beat,
    Blank,
    Command,
    GetPage,
    Hello,
    Register,
    SessionCommand,
    TakeUp,
)

ANNOUNCE = Announce(no=1, text="hear")
BLANK, BAN = Blank(no=1, room="lobby", seq=1), Ban(no=1, user="bob")
SCRIPTS = (ANNOUNCE, BLANK, BAN)


def test_every_command_has_its_row() -> None:
    assert ROLES_OF.keys() == {*get_args(AnyCommand)}
    assert all(set(roles) <= set(ROLES) for roles in ROLES_OF.values())


def test_only_gateways_act_for_people_and_receive_broadcasts() -> None:
    for command in get_args(AnyCommand):
        if issubclass(command, SessionCommand):
            assert ROLES_OF[command] == ("gateway",)
    assert SUBSCRIBERS == ("gateway",)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("gateway", ()),
        ("publisher", (ANNOUNCE,)),
        ("moderator", SCRIPTS),
        ("admin", SCRIPTS),
        ("monitor", ()),
    ],
)
def test_what_scripts_of_each_role_may(role: Role, may: tuple[Command, ...]) -> None:
    assert refusal("k", role, Hello(no=1, wire=1)) == ""
    assert [c for c in SCRIPTS if not refusal("k", role, c)] == [*may]
    others = (
        Hello(no=1, wire=1, gateway="g1"),
        Register(no=1, sessions=[], last=True),
        Beat(no=1),
        TakeUp(no=1, topics=[], nonce="n"),
        GetPage(no=1, room="lobby"),
    )
    for command in others:
        assert bool(refusal("k", role, command)) == (role != "gateway")


def test_a_refusal_says_what_to_do() -> None:
    told = refusal("loud", "publisher", BAN)
    assert "the key loud has the role publisher" in told
    assert "moderator or admin" in told
    assert "scripts.keys" in told
