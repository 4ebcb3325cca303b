"""Announcements: from a script on another terminal to every open page."""

import asyncio
import time

from scripts.processes import free_port
from tests.support.surroundings import run_module
from tests.support.system import System
from tests.system.client import refusal


async def announce(system: System, *args: str, **settings: str):
    settings = {"HUBBUB_BROKER": system.settings["HUBBUB_BROKER"], **settings}
    return await asyncio.to_thread(run_module, "scripts.announce", *args, **settings)


async def test_everybody_hears_an_announcement(
    hubbub: System, visit, visit_plain, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    pat = await visit_plain(hubbub.url, name("pat"))
    done = await announce(hubbub, "Maintenance at noon")
    assert done.returncode == 0, done.stderr
    assert "system" in done.stdout, "it prints what was accepted"
    line = await ann.hears(lambda e: e["EvtType"] == "announce")
    assert (line["User"], line["Room"], line["Text"]) == ("system", "system", "Maintenance at noon")
    assert line["Seq"] >= 1
    assert "Uid" not in line
    plain = await pat.hears_text("Maintenance at noon")
    assert (plain["EvtType"], plain["User"]) == ("message", "system")
    # The announcement is kept in the log.
    events = (await ann.history("system"))["events"]
    assert line in events
    assert refusal(await ann.ask("chat", {"room": "system", "message": "me too"})) == "forbidden"


async def test_an_announcement_to_one_room_stays_there(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), f"{room}-2")
    done = await announce(hubbub, "Only for you", "--room", room)
    assert done.returncode == 0, done.stderr
    line = await ann.hears(lambda e: e["EvtType"] == "announce")
    assert (line["User"], line["Room"], line["Seq"]) == ("system", room, 2)
    assert (await ann.history(room))["events"][-1] == line
    await bob.is_up_to_date()
    assert "Only for you" not in str(bob.heard)


async def test_the_lobbys_plain_pages_see_the_lobbys_announcement(
    hubbub: System, visit_plain, name
) -> None:
    pat = await visit_plain(hubbub.url, name("pat"))
    done = await announce(hubbub, "Lobby closes", "--room", "lobby")
    assert done.returncode == 0, done.stderr
    assert (await pat.hears_text("Lobby closes"))["EvtType"] == "message"


async def test_both_gateways_tell_an_announcement(two_gateways: System, visit, name, room) -> None:
    people = [
        await visit(url, name(f"p{n}"), f"{room}-{n}") for n, url in enumerate(two_gateways.urls)
    ]
    assert (await announce(two_gateways, "To all houses")).returncode == 0
    lines = [await p.hears(lambda e: e["EvtType"] == "announce") for p in people]
    assert lines[0] == lines[1]
    assert (await announce(two_gateways, "Once more")).returncode == 0
    for person in people:
        await person.hears(lambda e: e["Text"] == "Once more")
        seqs = person.seqs("system")
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


async def test_an_unknown_room_is_an_error(hubbub: System) -> None:
    done = await announce(hubbub, "Hello?", "--room", "there-is-no-such-room")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "accepted" not in done.stdout


async def test_without_a_broker_the_script_says_so_soon(hubbub: System) -> None:
    began = time.monotonic()
    done = await announce(hubbub, "Anybody?", HUBBUB_BROKER=f"tcp://127.0.0.1:{free_port()}")
    assert time.monotonic() - began < 6
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
