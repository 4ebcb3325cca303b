"""IPv6: gateways, scripts and browsers reach each other by it."""

import aiohttp
import pytest

from tests.support.surroundings import run_module
from tests.support.system import Process, System


def by_ipv6(system: System, host: str) -> System:
    """A system with the same ports on ::1, whose gateways listen on this host."""
    for process in system.processes:
        for name, value in process.settings.items():
            process.settings[name] = value.replace("127.0.0.1", "[::1]")
        process.http = process.http.replace("127.0.0.1", "[::1]")
        process.settings["HUBBUB_HOST"] = host
    return system


def address_logged(gateway: Process) -> str:
    return gateway.log.partition(" at ")[2].split()[0]


@pytest.mark.parametrize(("host", "logged"), [("[::1]", "[::1]"), ("::", "[::]")])
async def test_everything_by_ipv6(tmp_path, visit, name, room, host: str, logged: str) -> None:
    system = by_ipv6(System(tmp_path), host)
    async with system:
        gateway = system.gateways[0]
        port = gateway.settings["PORT"]
        assert address_logged(gateway) == f"http://{logged}:{port}/"
        ann = await visit(f"http://[::1]:{port}", name("ann"), room)
        done = run_module("scripts.announce", "by six", **system.broker.settings)
        assert done.returncode == 0, done.stderr
        assert (await ann.hears(lambda event: event["Text"] == "by six"))["User"] == "system"
        page = {"Origin": f"http://[::1]:{port}"}
        async with aiohttp.ClientSession() as http:
            poll = f"http://[::1]:{port}/socket.io/?EIO=4&transport=polling"
            async with http.get(poll, headers=page) as answer:
                assert answer.status == 200
        if host == "::":
            bob = await visit(f"http://127.0.0.1:{port}", name("bob"), room)
            await bob.say(room, "by four")
            await ann.hears_text("by four")


async def test_broadcasts_may_be_advertised_at_ipv6(tmp_path, visit, name, room) -> None:
    system = System(tmp_path)
    port = system.settings["HUBBUB_EVENTS_BIND"].rpartition(":")[2]
    system.broker.settings["HUBBUB_EVENTS_BIND"] = f"tcp://[::1]:{port}"
    system.broker.settings["HUBBUB_EVENTS_ADVERTISE"] = f"tcp://[::1]:{port}"
    async with system:
        ann = await visit(system.url, name("ann"), room)
        await ann.say(room, "here")
        await ann.hears_text("here")


def test_a_script_that_reaches_nobody_by_ipv6_says_so() -> None:
    done = run_module("scripts.announce", "x", HUBBUB_BROKER="tcp://[::1]:9")
    assert done.returncode == 1
    assert "no answer from the broker at tcp://[::1]:9" in done.stderr
