"""Care of a public place: deleting, banning, backup and restore, while people talk."""

import asyncio
import sqlite3

import pytest

from tests.support.surroundings import run_module
from tests.support.system import System
from tests.system.client import refusal


async def script(system: System, what: str, *args: str):
    settings = {key: system.settings[key] for key in ("HUBBUB_BROKER", "HUBBUB_STORE")}
    return await asyncio.to_thread(run_module, f"scripts.{what}", *args, **settings)


async def test_a_deleted_message_is_blank_everywhere(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    seq = (await ann.say(room, "an insult", id="i"))["seq"]
    done = await script(hubbub, "delete", room, str(seq))
    assert done.returncode == 0, done.stderr
    line = await ann.hears(lambda e: e["EvtType"] == "delete")
    assert (line["Room"], line["Ref"], line["Seq"]) == (room, seq, seq + 1)
    events = (await ann.history(room))["events"]
    assert "an insult" not in str(events)
    assert (events[1]["Seq"], events[1].get("Text", ""), events[1]["Rev"]) == (seq, "", seq + 1)
    bob = await visit(hubbub.url, name("bob"), room)
    await bob.hears(lambda e: e["EvtType"] == "join" and e["User"] == bob.user)
    assert "an insult" not in str(bob.heard)
    assert (await ann.say(room, "an insult", id="i"))["seq"] == seq, "a retry is known all the same"
    assert (await script(hubbub, "delete", room, "9999")).returncode == 1
    assert (await script(hubbub, "delete", "no-such-room-here", "1")).returncode == 1


async def test_a_banned_person_is_out_and_stays_out(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    mallory = await visit(hubbub.url, name("mallory"), room)
    done = await script(hubbub, "ban", name("mallory"))
    assert done.returncode == 0, done.stderr
    await ann.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("mallory"))
    async with asyncio.timeout(10):
        await mallory.gone.wait()
    again = await visit(hubbub.url)
    answer = await again.ask("join", {"room": room, "token": mallory.token})
    assert refusal(answer) == "banned"
    await ann.say(room, "calm again")
    await ann.hears_text("calm again")
    assert (await script(hubbub, "ban", name("nobody"))).returncode == 1


async def test_a_backup_is_taken_while_people_talk_and_restored_with_a_new_epoch(
    tmp_path, visit, name, room
) -> None:
    copy = tmp_path / "copy.db"
    async with System(tmp_path) as system:
        ann = await visit(system.url)
        epoch = (await ann.join(room, user=name("ann")))["epoch"]
        await ann.say(room, "kept")
        done = await script(system, "backup", str(copy))
        assert done.returncode == 0, done.stderr
        await ann.say(room, "after the backup")
        with sqlite3.connect(copy) as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        database.close()
        await asyncio.to_thread(system.gateways[0].stop)
        await asyncio.to_thread(system.broker.stop)
        done = await script(system, "restore", str(copy))
        assert done.returncode == 0, done.stderr
        await asyncio.to_thread(system.broker.start)
        await asyncio.to_thread(system.gateways[0].start)
        back = await visit(system.url)
        since = {"Epoch": epoch, "Seq": 3}
        ack = await back.join(room, token=ann.token, user=name("ann"), since=since)
        assert ack["epoch"] != epoch
        assert ack["recovered"] is False
        texts = [e["Text"] for e in (await back.history(room))["events"] if e.get("Text")]
        assert texts == ["kept"]


@pytest.mark.parametrize("args", [["delete"], ["delete", "lobby", "one"], ["ban"], ["backup"]])
async def test_a_script_says_how_it_is_used(hubbub: System, args: list[str]) -> None:
    done = await script(hubbub, *args)
    assert done.returncode != 0
    assert "usage" in done.stderr.lower() or len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
