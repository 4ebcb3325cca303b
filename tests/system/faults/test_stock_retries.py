"""The stock JavaScript client with `retries` and `ackTimeout` from its first connect, through the
death of its gateway and of the broker: all its messages, once, in its order."""

import asyncio
import secrets

from scripts.processes import free_port
from tests.support.system import System
from tests.system.client import ok
from tests.system.node_page import NodePage
from tests.system.proxy import Proxy

MANY = 40


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


async def test_all_its_messages_are_there_once_and_in_order(tmp_path, visit, name, room) -> None:
    async with System(tmp_path, gateways=2) as system:
        here, there = system.gateways
        bob = await visit(there.url, name("bob"), room)
        auth = {"token": secrets.token_urlsafe(16), "user": name("ann"), "join": [{"room": room}]}
        options = {
            "auth": auth,
            "retries": 50,
            "ackTimeout": 1000,
            "reconnectionDelayMax": 300,
            "transports": ["websocket"],
        }
        front_port = free_port()
        async with (
            Proxy(front_port, port_of(here.url)) as front,
            NodePage(f"http://127.0.0.1:{front_port}", **options) as page,
        ):
            acks: list[str] = []

            async def say(count: int) -> None:
                for _ in range(count):
                    text = f"line {len(acks)}"
                    message = {"room": room, "message": text, "id": text}
                    acks.append(await page.begin("chat", message))

            # The queue of the client is sent at once, right after the handshake.
            await say(MANY)
            await page.hears(of=acks[10], within=20)
            # The gateway dies: the proxy before it leads to another gateway.
            await asyncio.to_thread(here.kill)
            front.target = port_of(there.url)
            front.cut()
            await say(MANY)
            await page.hears(of=acks[MANY + 10], within=30)
            await asyncio.to_thread(system.broker.kill)
            await say(MANY)
            await asyncio.to_thread(system.broker.start)
            seqs = [ok(await page.hears(of=ack, within=30))["seq"] for ack in acks]
            assert seqs == sorted(set(seqs))
            assert page.all("disconnect")
        await bob.hears_text(f"line {3 * MANY - 1}")
        said = [e for e in bob.lines(room, "message")]
        assert [e["Text"] for e in said] == [f"line {n}" for n in range(3 * MANY)]
        assert [e["Seq"] for e in said] == seqs
        assert {e["User"] for e in said} == {name("ann")}
