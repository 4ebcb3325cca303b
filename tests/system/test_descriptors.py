"""A gateway without free descriptors refuses newcomers, and serves everybody who is connected."""

import asyncio
import contextlib
import secrets

import aiohttp
import pytest
import socketio

from tests.support.system import System
from tests.system.people import Person, Visit

SOFT, HARD = 100, 250


async def test_a_full_gateway_answers_for_its_health_and_finds_its_broker_again(
    tmp_path, visit: Visit, name, room
) -> None:
    system = System(tmp_path)
    gateway = system.gateways[0]
    gateway.descriptors = SOFT, HARD
    async with system, aiohttp.ClientSession() as http:
        people: list[Person] = []
        with contextlib.suppress(socketio.exceptions.ConnectionError):
            while len(people) < HARD:
                join = {"user": name(f"p{len(people)}"), "join": [{"room": room}]}
                auth = {"token": secrets.token_urlsafe(), **join}
                people.append(await visit(system.url, auth=auth))
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await http.ws_connect(f"{system.url}/socket.io/?EIO=4&transport=websocket")
        assert len(people) > SOFT
        silent = [
            await asyncio.open_connection("127.0.0.1", int(gateway.http.rpartition(":")[2]))
            for _ in range(2 * HARD)
        ]
        system.broker.kill()
        await asyncio.to_thread(gateway.wait_ready, 503)
        assert (await asyncio.to_thread(gateway.get, "/healthz"))[0] == 200
        await asyncio.to_thread(system.broker.start)
        await asyncio.to_thread(gateway.wait_ready)
        await people[0].say(room, "all here?")
        for person in people:
            await person.hears_text("all here?")
            assert not person.gone.is_set()
        for _, writer in silent:
            writer.close()
        for _ in range(3):
            await people.pop().disconnect()
        late = await visit(system.url, name("late"), room)
        await late.say(room, "there is a place again")
        await people[0].hears_text("there is a place again")
