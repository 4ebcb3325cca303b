"""broker/shell/server.py, broker/shell/page_reader.py: with real sockets, core and store."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmq

from broker.core import batch, service
from broker.handlers import timers
from broker.model import presence
from broker.shell import server
from common.codec import FRAME_BYTES, encode
from common.messages import (
    AnyCommand,
    Beat,
    Direct,
    Done,
    Failed,
    GetHeads,
    GetHistory,
    GetPage,
    GetParticipants,
    GetRooms,
    Gone,
    HeadsTold,
    Hello,
    Join,
    Joined,
    Leave,
    Opened,
    Paged,
    Register,
    RoomsListed,
    Said,
    Say,
    Welcome,
)
from tests.support.broker_peer import Peer, refused
from tests.support.running_broker import Running, broker

BACK = GetHistory(no=1, sid="s1", room="lobby")
ANN_JOINS = Join(no=1, sid="s1", key=64 * "0", room="lobby", user="ann")


@pytest.fixture
async def state() -> AsyncIterator[Running]:
    async with broker() as running:
        yield running


@pytest.fixture
async def peer(state: Running) -> AsyncIterator[Peer]:
    async with Peer(state.endpoint) as peer:
        yield peer


async def test_a_message_travels_from_say_to_the_topic_and_the_page(peer: Peer) -> None:
    welcome = await peer.hello()
    joined = await peer.join("ann")
    assert (joined.user, joined.head, joined.term) == ("ann", 1, welcome.term)
    assert (await peer.take_up("lobby")).head == 1
    said = await peer.say("hello \0 \U0001f600", "x")
    assert isinstance(said, Said)
    assert await peer.hear_texts(1) == ["hello \0 \U0001f600"]
    page = await peer.ask(GetHistory, sid="s1", room="lobby")
    assert isinstance(page, Paged)
    assert [event.seq for event in page.events] == [1, 2]
    assert page.events[1].timestamp == said.timestamp


async def test_a_script_is_welcome_without_being_a_gateway(peer: Peer) -> None:
    welcome = await peer.hello("")
    assert isinstance(welcome, Welcome)
    assert refused(await peer.ask(Beat)) == "hello"


async def test_a_stranger_has_to_say_hello(peer: Peer) -> None:
    assert refused(await peer.say("hi", "x")) == "hello"


async def test_a_repeat_gets_the_first_answer(peer: Peer) -> None:
    await peer.hello()
    await peer.join("ann")
    first = await peer.say("once", "x")
    for _ in range(3):
        again = await peer.say("once", "x")
        assert (again.seq, again.timestamp) == (first.seq, first.timestamp)
    assert (await peer.ask(GetHeads, rooms=["lobby"])).heads == {"lobby": first.seq}


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"\x93\x01\x02\x03",
        msgpack.packb({"do": "hello"}),
        msgpack.packb({"do": "fly", "no": "x"}),
        msgpack.packb({"do": "say", "no": -1}),
        b"\x81" * 5000,
        b"x" * (FRAME_BYTES // 2),
    ],
)
async def test_a_bad_frame_stops_nothing(peer: Peer, frame: bytes) -> None:
    await peer.hello()
    await peer.dealer.send(frame)
    await peer.dealer.send_multipart([b"two", b"frames"])
    assert isinstance(await peer.ask(Beat), Done)


async def test_a_wrong_command_with_a_number_is_answered(peer: Peer) -> None:
    await peer.dealer.send(msgpack.packb({"do": "fly", "no": 77}))
    answer = await peer.answer()
    assert isinstance(answer, Failed)
    assert (answer.no, answer.code) == (77, "bad_request")


async def test_another_wire_version_is_refused(peer: Peer) -> None:
    answer = await peer.ask(Hello, wire=99, gateway="g")
    assert refused(answer) == "bad_request"
    assert "wire" in answer.message


@pytest.mark.parametrize(
    ("commands", "gathers"),
    [
        ([], False),
        ([ANN_JOINS, Leave(no=2, sid="s1", room="lobby"), Gone(no=3, sid="s1", left=True)], True),
        ([ANN_JOINS, Say(no=2, sid="s1", room="lobby", text="hi", id="x")], False),
        ([BACK], False),
    ],
)
def test_only_moves_are_gathered(commands: list[AnyCommand], gathers: bool) -> None:
    assert server.only_moves([(b"peer", command) for command in commands]) is gathers


async def test_after_a_join_the_next_turn_waits(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "GATHER_S", 0.03)
    now = asyncio.get_running_loop().time
    await peer.hello()
    await peer.join("ann")  # its turn began before this
    before = now()
    await peer.join("ben", sid="s2")
    await peer.join("cem", sid="s3")
    assert now() - before >= server.GATHER_S


async def test_many_at_once_share_a_commit_and_a_frame(state: Running, peer: Peer) -> None:
    await peer.hello()
    await peer.join("ann")
    await peer.take_up("lobby")
    state.store.hold()
    await peer.send(Say(no=1000, sid="s1", room="lobby", text="first", id="first"))
    await state.store.waiting.wait()
    before = len(state.store.commits)
    for n in range(200):
        await peer.send(Say(no=2000 + n, sid="s1", room="lobby", text=f"t{n}", id=f"i{n}"))
    await state.taken(201, "say")
    state.store.let_go()
    assert [(await peer.answer()).no for _ in range(201)] == [1000, *range(2000, 2200)]
    assert await peer.hear_texts(201) == ["first", *(f"t{n}" for n in range(200))]
    assert len(state.store.commits) - before <= 3
    assert len(peer.heard) <= 5


@pytest.mark.parametrize("asked", [Say(no=1, sid="s1", room="lobby", text="x", id="x"), BACK])
async def test_a_frame_that_arrives_just_before_an_answer_is_sent_is_read_at_once(
    asked: Say | GetHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sending clears the signal that a socket has input."""
    for module, rest in ((service, "MAX_TICK_S"), (timers, "BEACON_S"), (presence, "GATHER_S")):
        monkeypatch.setattr(module, rest, 60.0)
    async with asyncio.timeout(10), broker() as state, Peer(state.endpoint) as peer:
        await peer.hello()
        await peer.join("ann")
        router = state.server._sockets._router
        method = "commit" if isinstance(asked, Say) else "page"
        real = getattr(state.store, method)

        async def with_a_frame_at_its_end(*args: object) -> object:
            result = await real(*args)
            zmq.Socket.send(peer.dealer, encode(Beat(no=2)))
            while not int(router.get(zmq.EVENTS)) & zmq.POLLIN:  # a look clears the signal as well
                pass
            return result

        monkeypatch.setattr(state.store, method, with_a_frame_at_its_end)
        await peer.send(asked)
        assert [(await peer.answer()).no for _ in range(2)] == [1, 2]


async def test_nothing_is_received_while_too_many_effects_wait_for_the_disk(
    state: Running, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_EFFECTS", 100)
    monkeypatch.setattr(server, "FRAMES_A_TURN", 10)
    await peer.hello()
    await peer.join("ann")
    state.store.hold()
    for n in range(500):
        await peer.send(Say(no=n, sid="s1", room="lobby", text="x", id=f"i{n}"))
    await state.store.waiting.wait()
    assert not await peer.dealer.poll(300)
    assert state.metrics.commands["say"] < 100
    state.store.let_go()
    assert [(await peer.answer()).no for _ in range(500)] == [*range(500)]


# --- nothing before it is on disk ----------------------------------------------------------------


async def test_an_uncommitted_message_is_not_visible(state: Running) -> None:
    async with Peer(state.endpoint) as ann, Peer(state.endpoint) as bob:
        await ann.hello("g1")
        await bob.hello("g2")
        await ann.join("ann", key="a")
        await bob.join("bob", key="b")
        await bob.take_up("lobby")
        head = (await bob.ask(GetPage, room="lobby")).head
        state.store.hold()
        await ann.send(Say(no=50, sid="s1", room="lobby", text="secret", id="x"))
        await state.store.waiting.wait()
        # Other requests wait as well, or are answered as if nothing had been said.
        await bob.send(GetPage(no=60, room="lobby"))
        await state.taken(2, "page")
        assert not await ann.dealer.poll(100)
        assert not await bob.dealer.poll(0)
        assert not await bob.sub.poll(0)
        page = await state.store.page("lobby", None, 0, 10)
        assert page.head == head
        state.store.let_go()
        said = await ann.answer()
        assert isinstance(said, Said)
        assert await bob.hear_texts(1) == ["secret"]
        told = await bob.answer()
        assert isinstance(told, Paged)
        assert told.head == said.seq == head + 1


async def test_a_refused_commit_is_unavailable_and_core_and_store_agree(
    state: Running, peer: Peer
) -> None:
    welcome = await peer.hello()
    joined = await peer.join("ann")
    await peer.take_up("lobby")
    state.store.refuse()
    assert refused(await peer.say("lost", "x")) == "unavailable"
    # The core is made again from the store: gateways have to say hello again, and may read but not
    # write.
    assert refused(await peer.ask(Beat)) == "hello"
    again = await peer.hello()
    assert again.term > welcome.term
    assert again.epoch == welcome.epoch
    assert (await peer.ask(GetHeads, rooms=["lobby"])).heads == {"lobby": joined.head}
    assert isinstance(await peer.ask(GetHistory, sid="s1", room="lobby"), Paged)
    assert refused(await peer.say("lost", "x")) == "unavailable"
    # Registering is accepted, so that gateways have a link by which they can read.
    assert isinstance(await peer.ask(Register, sessions=[], last=True), Done)
    assert isinstance(await peer.ask(GetHistory, sid="s1", room="lobby"), Paged)
    assert state.server.why_not_ready
    state.store.repair()
    answer = await say_when_repaired(peer, "lost", "x")
    assert answer.seq == joined.head + 1
    assert await peer.hear_texts(1) == ["lost"]
    assert not state.server.why_not_ready


async def test_commands_behind_a_refused_commit_are_refused_too(state: Running, peer: Peer) -> None:
    await peer.hello()
    await peer.join("ann")
    await peer.take_up("lobby")
    state.store.hold()
    await peer.send(Say(no=50, sid="s1", room="lobby", text="a", id="a"))
    await state.store.waiting.wait()
    await peer.send(Say(no=51, sid="s1", room="lobby", text="b", id="b"))
    await peer.send(GetHeads(no=52, rooms=["lobby"]))
    await peer.send(GetPage(no=53, room="lobby"))
    await state.taken(1, "heads")
    state.store.refuse()
    state.store.let_go()
    answers = {answer.no: answer for answer in [await peer.answer() for _ in range(4)]}
    assert [refused(answers[no]) for no in (50, 51, 52)] == ["unavailable"] * 3
    page = answers[53]
    assert isinstance(page, Paged)
    assert page.head == 1
    assert not await peer.sub.poll(0)


async def test_a_full_disk_is_survived(tmp_path: Path) -> None:
    async with broker(tmp_path / "hubbub.db") as state, Peer(state.endpoint) as peer:
        await peer.hello()
        joined = await peer.join("ann")
        store = state.store._store
        await limit_pages(store, None)
        n = 0
        while not refused(answer := await peer.say("x" * 4000, f"i{n}")):
            n += 1
        assert refused(answer) == "unavailable"
        await limit_pages(store, 1 << 20)
        await peer.hello()
        answer = await say_when_repaired(peer, "back", "back")
        assert answer.seq == joined.head + n + 1


async def say_when_repaired(peer: Peer, text: str, id: str) -> Said:
    """Repeats a message until the store can be written again, which needs one more Hello."""
    while refused(answer := await peer.say(text, id)) == "unavailable":
        pass
    assert refused(answer) == "hello"
    await peer.hello()
    answer = await peer.say(text, id)
    assert isinstance(answer, Said)
    return answer


async def limit_pages(store: object, limit: int | None) -> None:
    """Limits the pages of the database, so that SQLite finds the disk full."""

    def work() -> None:
        writer = store._files.writer  # type: ignore[attr-defined]
        (count,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {limit or count + 8}")

    await store._writing.do(work)  # type: ignore[attr-defined]


# --- coming and going ----------------------------------------------------------------------------


async def test_a_stopping_broker_answers_the_commands_it_has_received(tmp_path: Path) -> None:
    path = tmp_path / "hubbub.db"
    async with broker(path) as state:
        peer = await Peer(state.endpoint).__aenter__()
        await peer.hello()
        await peer.join("ann")
        state.store.hold()
        for n in range(50):
            await peer.send(Say(no=100 + n, sid="s1", room="lobby", text="x", id=f"i{n}"))
        await state.taken(50, "say")
    answers = [await peer.answer() for _ in range(50)]
    assert all(isinstance(answer, Said) for answer in answers)
    await peer.__aexit__(None, None, None)
    async with broker(path) as state, Peer(state.endpoint) as peer:
        await peer.hello()
        page = await peer.ask(GetPage, room="lobby", after=1, limit=100)
        assert [event.seq for event in page.events] == [a.seq for a in answers]  # type: ignore[union-attr]


async def test_a_stopping_broker_answers_requests_for_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with broker() as state:
        peer = await Peer(state.endpoint).__aenter__()
        await peer.hello()
        reads = state.store.page

        async def read_slowly(*args: Any) -> object:
            for _ in range(100):
                await asyncio.sleep(0)
            return await reads(*args)

        monkeypatch.setattr(state.store, "page", read_slowly)
        for n in range(3):
            await peer.send(GetPage(no=n, room="lobby"))
        await state.taken(3, "page")
    assert [(await peer.answer()).no for _ in range(3)] == [0, 1, 2]
    await peer.__aexit__(None, None, None)


async def test_a_broker_that_cannot_release_effects_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If it continued, gateways would never receive a part of the log."""

    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    async def join() -> None:
        async with asyncio.timeout(10), broker() as state, Peer(state.endpoint) as peer:
            await peer.hello()
            monkeypatch.setattr(state.server._sockets, "send", fail)
            await peer.join("ann")

    with pytest.raises(ExceptionGroup, match="TaskGroup"):
        await join()


async def test_a_stopping_broker_answers_requests_for_names() -> None:
    async with broker() as state:
        peer = await Peer(state.endpoint).__aenter__()
        await peer.hello()
        for n, name in enumerate(("ann", "bob")):
            await peer.send(Join(no=n, sid=name, key=name[0] * 64, room="tea", user=name))
            await peer.send(GetParticipants(no=10 + n, sid=name, room="tea"))
        await state.taken(2, "participants")
    answers = {answer.no: answer for answer in [await peer.answer() for _ in range(4)]}
    assert answers[10].users == ["ann"]  # type: ignore[union-attr]
    assert answers[11].users == ["ann", "bob"]  # type: ignore[union-attr]
    await peer.__aexit__(None, None, None)


async def test_after_a_restart_everybody_is_still_here(tmp_path: Path) -> None:
    path = tmp_path / "hubbub.db"
    async with broker(path) as state, Peer(state.endpoint) as peer:
        first = await peer.hello()
        joined = await peer.join("ann")
    async with broker(path) as state, Peer(state.endpoint) as peer:
        second = await peer.hello()
        assert second.term > first.term
        assert isinstance(await peer.say("still here", "x"), Said)
        listed = await peer.ask(GetParticipants, sid="s1", room="lobby")
        assert listed.users == ["ann"]
        again = await peer.join("ann")
        assert isinstance(again, Joined)
        assert (again.uid, again.head) == (joined.uid, joined.head + 1)


async def test_a_peer_that_reads_nothing_slows_nobody(state: Running) -> None:
    async with Peer(state.endpoint) as idle, Peer(state.endpoint) as busy:
        await idle.hello("idle")
        await idle.join("ann", key="a")
        await busy.hello("busy")
        await busy.join("bob", key="b")
        for n in range(300):
            await idle.send(GetPage(no=n, room="lobby", limit=1000))
        for n in range(20):
            assert isinstance(await busy.say("x", f"i{n}"), Said)


async def test_rooms_have_heads_and_unread_messages(state: Running) -> None:
    async with Peer(state.endpoint) as peer:
        await peer.hello()
        await peer.join("ann", sid="s1", key="a")
        bob = await peer.join("bob", sid="s2", key="b")
        opened = await peer.ask(Direct, sid="s1", uid=bob.uid)
        assert isinstance(opened, Opened)
        await peer.say("psst", "x", room=opened.room, sid="s1")
        listed = await peer.ask(GetRooms, sid="s2")
        assert isinstance(listed, RoomsListed)
        rows = [(row.room, row.kind, row.seq, row.unread, row.user) for row in listed.rooms]
        assert rows == [(opened.room, "direct", 1, 1, "ann"), ("lobby", "public", 2, 0, "")]
        listed = await peer.ask(GetRooms, sid="s1")
        assert listed.rooms[0].unread == 0


async def test_the_page_of_a_room_that_does_not_exist_is_empty(peer: Peer) -> None:
    await peer.hello()
    page = await peer.ask(GetPage, room="nowhere")
    assert (page.events, page.head, page.more) == ([], 0, False)
    heads = await peer.ask(GetHeads, rooms=["nowhere"])
    assert isinstance(heads, HeadsTold)
    assert encode(heads)


async def test_the_metrics_count_gateways_sockets_rooms_and_subscriptions(
    state: Running, peer: Peer
) -> None:
    await peer.hello()
    await peer.join("ann")
    await peer.take_up("lobby")
    await peer.ask(Beat)
    text = state.metrics.text().decode()
    assert "hubbub_broker_subscriptions_total 2.0\n" in text
    for figure in ("gateways", "connections", "rooms"):
        assert f"hubbub_broker_{figure} 1.0\n" in text
