"""Two gateways: one order, one person, and no byte to where nobody asks for it."""

import asyncio
from urllib.parse import urlsplit

from tests.support.system import System
from tests.system.client import eventually, ok
from tests.system.people import Person
from tests.system.wire import HOST, Wire


async def test_both_show_the_same_order(two_gateways: System, visit, name, room) -> None:
    people = [
        await visit(two_gateways.urls[n % 2], name(f"p{n}"), room, transports=[how])
        for n, how in enumerate(["websocket", "websocket", "websocket", "polling"])
    ]

    async def talk(person: Person) -> None:
        for start in range(0, 60, 20):
            asked = [
                await person.begin("chat", {"room": room, "message": f"{person.user} {n}"})
                for n in range(start, start + 20)
            ]
            for answer in asked:
                ok(await answer)

    await asyncio.gather(*(talk(person) for person in people))
    for person in people:
        await person.hears(lambda e: e["Seq"] == 4 + 240, within=20)
        own = person.lines(room)
        assert person.seqs(room) == list(range(own[0]["Seq"], 245))
        assert own[0]["Seq"] == 1
    lines = [[(e["Seq"], e["Text"]) for e in p.lines(room, "message")] for p in people]
    assert all(line == lines[0] for line in lines)


async def test_somebody_who_joins_a_busy_room_sees_all_from_the_join_on(
    two_gateways: System, visit, name, room
) -> None:
    """Each join is at a gateway that has to take the room up anew."""
    ann = await visit(two_gateways.urls[0], name("ann"), room)
    done = asyncio.Event()

    async def talk() -> None:
        number = 0
        while not done.is_set():
            asked = []
            for _ in range(100):
                message = {"room": room, "message": f"m{number}"}
                asked.append(await ann.begin("chat", message))
                number += 1
            for answer in asked:
                ok(await answer)

    async def come_and_go() -> None:
        try:
            for turn in range(6):
                bob = await visit(two_gateways.urls[1])
                ack = await bob.join(room, user=name(f"bob{turn}"))
                await bob.hears(lambda e, last=ack["seq"] + 300: e["Seq"] >= last, within=20)
                seqs = bob.seqs(room)
                assert seqs[0] <= ack["seq"], "its own join is missing"
                assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
                await bob.disconnect()
        finally:
            done.set()

    await asyncio.gather(talk(), come_and_go())


async def test_a_token_is_the_same_person_at_both(two_gateways: System, visit, name, room) -> None:
    here, there = two_gateways.urls
    ann = await visit(here, name("ann"), room)
    bob = await visit(there, name("bob"), room)
    tab = await visit(there)
    ack = await tab.join(room, token=ann.token)
    assert (ack["user"], ack["uid"], ack["count"], ack["seq"]) == (name("ann"), ann.uid, 2, 2)
    assert (await visit(there, name("ann"), room)).user == name("ann") + "2"
    private = (await bob.direct(user=name("ann")))["room"]
    await bob.say(private, "to both your tabs")
    await ann.hears_text("to both your tabs")
    await tab.hears_text("to both your tabs")
    await ann.disconnect()
    await tab.say(room, "still here")
    await bob.hears_text("still here")
    assert bob.lines(room, "leave") == []


async def test_presence_and_typing_cross(two_gateways: System, visit, name, room) -> None:
    ann = await visit(two_gateways.urls[0], name("ann"), room)
    bob = await visit(two_gateways.urls[1], name("bob"), room)
    await ann.hears(lambda p: name("bob") in p["Joined"], of="presence")
    ok(await bob.ask("typing", {"room": room, "typing": True}))
    await ann.hears(lambda t: t["Users"] == [name("bob")], of="typing")
    await bob.leave(room)
    await ann.hears(lambda p: name("bob") in p["Left"], of="presence")


async def test_plain_pages_meet_across_gateways(two_gateways: System, visit_plain, name) -> None:
    ann = await visit_plain(two_gateways.urls[0], name("ann"))
    bob = await visit_plain(two_gateways.urls[1], name("bob"))
    await ann.sees(name("ann"), name("bob"))
    await bob.say("across")
    assert (await ann.hears_text("across"))["User"] == name("bob")


async def test_a_gateway_gets_no_byte_of_a_room_without_its_people(
    tmp_path, visit, name, room
) -> None:
    """The second gateway's link runs over a wire that remembers every byte."""
    system = System(tmp_path, gateways=2)
    ports = [
        urlsplit(system.settings[key]).port or 0 for key in ("HUBBUB_BIND", "HUBBUB_EVENTS_BIND")
    ]
    system.gateways[1].settings["HUBBUB_BROKER"] = f"tcp://{HOST}:{ports[0]}"
    async with Wire(*ports) as wire, system:
        ann = await visit(system.urls[0], name("ann"), f"{room}-quiet")
        bob = await visit(system.urls[1], name("bob"), f"{room}-other")
        await ann.say(f"{room}-quiet", "a secret between us")
        assert (await ann.participants(f"{room}-quiet"))["count"] == 1
        private = await visit(system.urls[0], name("cleo"), f"{room}-quiet")
        conversation = (await ann.direct(uid=private.uid))["room"]
        await ann.say(conversation, "an even deeper secret")
        await bob.join(f"{room}-both")
        await ann.join(f"{room}-both")
        await ann.say(f"{room}-both", "for all of us")
        await bob.hears_text("for all of us")
        await bob.is_up_to_date()
        assert b"for all of us" in wire.to_gateway, "the wire sees what passes"
        assert b"secret" not in wire.to_gateway
        assert f"{room}-quiet".encode() not in wire.to_gateway
        assert conversation.encode() not in wire.to_gateway
        # When the last person of a gateway has left the room, no byte of the room comes any more.
        await bob.leave(f"{room}-both")

        async def silent() -> bool:
            before = len(wire.to_gateway)
            await ann.say(f"{room}-both", "nobody there?")
            await bob.is_up_to_date()
            return b"nobody there?" not in wire.to_gateway[before:]

        await eventually(silent, "the room's bytes stopped", within=20)


async def test_a_gateway_that_stops_frees_its_people_and_the_others_go_on(
    tmp_path, visit, name, room
) -> None:
    async with System(
        tmp_path, gateways=2, HUBBUB_LEASE="1", HUBBUB_MOVE_GRACE="2", HUBBUB_LEAVE_GRACE="1"
    ) as system:
        bob = await visit(system.urls[0], name("bob"), room)
        ann = await visit(system.urls[1], name("ann"), room)
        cleo = await visit(system.urls[1], name("cleo"), room)
        await asyncio.to_thread(system.gateways[1].kill)
        back = await visit(system.urls[0])
        ack = await back.join(room, token=ann.token)
        assert (ack["user"], ack["seq"]) == (name("ann"), 3), "she moved, nobody saw it"
        await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == cleo.user, within=15)
        await back.say(room, "phew")
        await bob.hears_text("phew")
        left = [e["User"] for e in bob.lines(room, "leave")]
        assert left == [name("cleo")]
