"""A link and a replica against a real broker that is killed while people talk."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from common import messages as m
from common.settings import read_settings
from gateway.link.connector import Connector
from gateway.replica.effects import AskPage, Deliver, Effect, ReplicaLimits
from gateway.replica.replica import Replica
from tests.support.system import System

ROOM = "lobby"
TOPIC = m.events_topic(ROOM)
LIMITS = ReplicaLimits(replay_events=50, recovery_events=1000, hold_bytes=1 << 20)
MARK_S = 0.25
"""A mark that has not come after this time is asked for again."""


class Reader:
    """One person on a gateway of their own, who reads the room."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.connector = Connector(read_settings(environ), secrets.token_hex(8))
        self.link = self.connector.link
        self.link.subscribe([TOPIC])
        self.replica = Replica(ROOM, LIMITS)
        self.read: list[m.Event] = []
        self.uid = ""
        self.said: dict[str, int] = {}
        self.marks_asked = 0
        self._key = hashlib.sha256(secrets.token_bytes(16)).hexdigest()
        self._changed = asyncio.Event()

    def has_said(self, count: int) -> bool:
        return len(self.said) == count

    def has_read(self, head: int) -> bool:
        return self.replica.head >= head

    # --- ports.LinkListener ---

    def session_infos(self) -> list[m.SessionInfo]:
        return [m.SessionInfo(sid="s", uid=self.uid, plain=False, rooms=[ROOM])] if self.uid else []

    def on_link_up(self, epoch: str, term: int) -> None:
        self.carry_out(self.replica.on_new_link())
        self.link.ask(m.GetHeads(no=self.link.number(), rooms=[ROOM]), self.told_heads)

    def on_link_down(self) -> None:
        pass

    def on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        match message:
            case m.Marked(topic=marked, epoch=epoch, head=head) if marked == TOPIC:
                self.carry_out(self.replica.on_mark(epoch, head))
            case m.Happened(room=room, epoch=epoch, events=events) if room == ROOM:
                self.carry_out(self.replica.on_events(epoch, events))
            case m.Beacon(epoch=epoch, heads=heads) if ROOM in heads:
                self.carry_out(self.replica.on_head(epoch, heads[ROOM]))

    # --- what a chat does ---

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.connector.run(self))
            while True:
                if self.link.up and not self.replica.live:
                    self.marks_asked += 1
                    self.link.ask(
                        m.TakeUp(no=self.link.number(), topics=[TOPIC], nonce="n"), lambda _: None
                    )
                await asyncio.sleep(MARK_S)

    def join(self, user: str) -> None:
        def joined(answer: m.AnyAnswer | None) -> None:
            assert isinstance(answer, m.Joined), answer
            self.uid = answer.uid
            self._changed.set()

        self.link.ask(
            m.Join(no=self.link.number(), sid="s", key=self._key, room=ROOM, user=user),
            joined,
            hold=True,
        )

    def say(self, id: str) -> None:
        def answered(answer: m.AnyAnswer | None) -> None:
            if isinstance(answer, m.Failed) and answer.code == "unavailable":
                return self.say(id)
            assert isinstance(answer, m.Said), answer
            self.said[id] = answer.seq
            self._changed.set()

        self.link.ask(
            m.Say(no=self.link.number(), sid="s", room=ROOM, text=id, id=id), answered, hold=True
        )

    def told_heads(self, answer: m.AnyAnswer | None) -> None:
        if isinstance(answer, m.HeadsTold):
            self.carry_out(self.replica.on_head(self.link.epoch, answer.heads[ROOM]))

    def carry_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, AskPage):
                page = m.GetPage(
                    no=self.link.number(), room=effect.room, after=effect.after, limit=effect.limit
                )
                self.link.ask(page, partial(self.paged, effect))
            elif isinstance(effect, Deliver):
                self.read.extend(effect.events)
            else:
                raise AssertionError(f"nothing is so far behind: {effect}")
        self._changed.set()

    def paged(self, asked: AskPage, answer: m.AnyAnswer | None) -> None:
        if isinstance(answer, m.Paged):
            self.carry_out(self.replica.on_page(answer, newest=asked.after is None))
        else:
            self.carry_out(self.replica.on_page_lost())

    async def until(self, known: Callable[[], bool]) -> None:
        while not known():
            self._changed.clear()
            await self._changed.wait()


@contextlib.asynccontextmanager
async def reading(system: System) -> AsyncIterator[Reader]:
    reader = Reader(system.settings)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(reader.run())
        try:
            await reader.until(lambda: reader.replica.live)
            yield reader
        finally:
            task.cancel()


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path, gateways=0)


async def test_a_topic_is_live_with_the_first_mark(system: System) -> None:
    async with system, reading(system) as reader:
        assert reader.marks_asked == 1


async def test_readers_have_the_whole_log_though_the_broker_is_killed(system: System) -> None:
    async with system, reading(system) as ann, reading(system) as bob:
        ann.join("ann")
        bob.join("bob")
        await ann.until(lambda: bool(ann.uid))
        await bob.until(lambda: bool(bob.uid))
        for life in range(3):
            for n in range(100):
                (ann, bob)[n % 2].say(f"{life}.{n}")
                if n == 50:
                    await ann.until(lambda: len(ann.said) > 10)
                    await asyncio.to_thread(system.broker.kill)
                    await asyncio.to_thread(system.broker.start)
            for reader in (ann, bob):
                await reader.until(partial(reader.has_said, 50 * life + 50))
        head = max(*ann.said.values(), *bob.said.values())
        for reader in (ann, bob):
            await reader.until(partial(reader.has_read, head))
            assert [e.seq for e in reader.read] == list(range(1, head + 1))
            said = {e.id: e.seq for e in reader.read if e.kind == "message"}
            assert said == {**ann.said, **bob.said}
        assert ann.link.counts.relinks >= 4
