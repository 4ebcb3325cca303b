"""Keys that are not a gateway's, and processes that are no gateway, learn nothing of private rooms
and take nobody's place."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from common.keys import peer_keys
from common.messages import WIRE, GetPage, Hello, Join, Register, SessionInfo
from tests.attacks.unnoticed import nobody_notices
from tests.support.broker_peer import Peer, refused
from tests.support.surroundings import run_module
from tests.support.system import System

SECRET = "between ann and bob"


@pytest.fixture(params=["without keys", "publisher", "moderator", "monitor"])
async def system(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[System]:
    """With or without keys; the attacker's key is `eve`."""
    settings: dict[str, Any] = {}
    if request.param != "without keys":
        keys = str(tmp_path / "keys")
        made = await asyncio.to_thread(
            run_module, "scripts.keys", "eve", "--role", request.param, HUBBUB_KEYS=keys
        )
        assert made.returncode == 0, made.stderr
        settings = {"HUBBUB_KEYS": keys}
    async with System(tmp_path, **settings) as system:
        if settings:
            system.settings["HUBBUB_KEY"] = "eve"
        yield system


def intruder(system: System) -> Peer:
    keys = peer_keys(system.settings.get("HUBBUB_KEYS", ""), system.settings.get("HUBBUB_KEY", ""))
    return Peer(system.settings["HUBBUB_BROKER"], keys)


async def test_nobody_but_a_gateway_hears_a_private_room_or_speaks_for_people(
    system: System, visit: Any, name: Any, room: str
) -> None:
    ann = await visit(system.url, name("ann"), room)
    bob = await visit(system.url, name("bob"), room)
    private = (await ann.direct(uid=bob.uid))["room"]
    found = re.search(r"hello from gateway '(\w+)'", system.broker.log)
    assert found is not None
    gateway = found[1]
    keyed = bool(system.settings.get("HUBBUB_KEYS"))
    session = SessionInfo(sid="s1", uid=ann.uid, plain=False, rooms=[room])

    async def attack() -> None:
        async with intruder(system) as eve:
            await eve.hello("")
            eve.sub.subscribe("")
            stolen = await eve.ask(Hello, wire=WIRE, gateway=gateway, proof="guessed")
            assert refused(stolen) == "forbidden"
            for kind, fields in (
                (Register, {"sessions": [session], "last": True}),
                (Join, {"sid": "s", "key": "0" * 64, "room": room, "user": "eve"}),
            ):
                answer = refused(await eve.ask(kind, **fields))
                assert answer == ("forbidden" if keyed else "hello")
            if keyed:
                assert refused(await eve.ask(GetPage, room=private)) == "forbidden"
            await ann.say(private, SECRET)
            await bob.hears_text(SECRET)
            while await eve.sub.poll(200):
                assert SECRET.encode() not in b"".join(await eve.sub.recv_multipart())

    await nobody_notices(attack, system)
    await ann.is_up_to_date()
    assert system.gateways[0].log.count("linked to the broker") == 1, "its link was never lost"
