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
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[System]:
    """With or without keys; the attacker's key is `eve`."""
    settings = {}
    if request.param != "without keys":
        keys = str(tmp_path / "keys")
        made = await asyncio.to_thread(
            run_module, "scripts.keys", "eve", "--role", request.param, HUBBUB_KEYS=keys
        )
        assert made.returncode == 0, made.stderr
        settings = {"HUBBUB_KEYS": keys}
    async with System(tmp_path, **settings) as house:
        if settings:
            house.settings["HUBBUB_KEY"] = "eve"
        yield house


def intruder(house: System) -> Peer:
    keys = peer_keys(house.settings.get("HUBBUB_KEYS", ""), house.settings.get("HUBBUB_KEY", ""))
    return Peer(house.settings["HUBBUB_BROKER"], keys)


async def test_nobody_but_a_gateway_hears_a_private_room_or_speaks_for_people(
    house: System, visit: Any, name: Any, room: str
) -> None:
    ann = await visit(house.url, name("ann"), room)
    bob = await visit(house.url, name("bob"), room)
    private = (await ann.direct(uid=bob.uid))["room"]
    found = re.search(r"hello from gateway '(\w+)'", house.broker.log)
    assert found is not None
    gateway = found[1]
    keyed = bool(house.settings.get("HUBBUB_KEYS"))
    sitting = SessionInfo(sid="s1", uid=ann.uid, plain=False, rooms=[room])

    async def attack() -> None:
        async with intruder(house) as eve:
            await eve.hello("")
            eve.sub.subscribe("")
            stolen = await eve.ask(Hello, wire=WIRE, gateway=gateway, proof="guessed")
            assert refused(stolen) == "forbidden"
            for kind, fields in (
                (Register, {"sittings": [sitting], "last": True}),
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

    await nobody_notices(attack, house)
    await ann.is_up_to_date()
    assert house.gateways[0].log.count("linked to the broker") == 1, "its link was never lost"
