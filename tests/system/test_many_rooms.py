"""Ten thousand rooms on one gateway's link: all are live, also after the broker was killed."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from common import messages as m
from common.settings import read_settings
from gateway.link.connector import Connector
from tests.support.system import System

ROOMS = 10_000
AT_ONCE = 500
"""Topics in one take-up, as a gateway asks."""
SPOKEN_IN = [f"room-{n:04}" for n in range(0, ROOMS, 500)]


def topics(room: str) -> list[str]:
    """The topics in the order in which a gateway subscribes them."""
    return [m.presence_topic(room), m.typing_topic(room), m.events_topic(room)]


class Gateway:
    """Takes each room up once on each link, so that a lost subscription would stay lost."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.connector = Connector(read_settings(environ), secrets.token_hex(8))
        self.link = self.connector.link
        self.rooms = [f"room-{n:04}" for n in range(ROOMS)]
        self.live: set[str] = set()
        self.heard_in: list[str] = []
        self.uid = ""
        self.links = 0
        self._changed = asyncio.Event()
        self.link.subscribe(topic for room in self.rooms for topic in topics(room))

    # --- ports.LinkListener ---

    def session_infos(self) -> list[m.SessionInfo]:
        return [m.SessionInfo("s", self.uid, False, SPOKEN_IN)] if self.uid else []

    def on_link_up(self, epoch: str, term: int) -> None:
        self.links += 1
        self.live.clear()
        for start in range(0, ROOMS, AT_ONCE):
            wanted = [m.events_topic(room) for room in self.rooms[start : start + AT_ONCE]]
            nonce = f"n{self.links}"
            self.link.ask(
                m.TakeUp(no=self.link.number(), topics=wanted, nonce=nonce),
                lambda answer: None,
            )

    def on_link_down(self) -> None:
        pass

    def on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        match message:
            case m.Marked(nonce=nonce) if nonce == f"n{self.links}":
                self.live.add(topic)
            case m.Happened(room=room):
                self.heard_in += [room for event in message.events if event.kind == "message"]
        self._changed.set()

    # --- one person ---

    def ask(self, command: m.AnyCommand) -> "asyncio.Future[m.AnyAnswer | None]":
        answer: asyncio.Future[m.AnyAnswer | None] = asyncio.get_running_loop().create_future()
        self.link.ask(command, answer.set_result, hold=True)
        return answer

    async def join_all(self) -> None:
        key = hashlib.sha256(secrets.token_bytes(16)).hexdigest()
        for room in SPOKEN_IN:
            joined = await self.ask(
                m.Join(no=self.link.number(), sid="s", key=key, room=room, user="ann")
            )
            assert isinstance(joined, m.Joined)
            self.uid = joined.uid

    async def say_in_all(self, id: str) -> None:
        for room in SPOKEN_IN:
            said = await self.ask(
                m.Say(no=self.link.number(), sid="s", room=room, text="hi", id=id)
            )
            assert isinstance(said, m.Said)

    async def until(self, known: Callable[[], bool]) -> None:
        while not known():
            self._changed.clear()
            await self._changed.wait()


async def test_ten_thousand_rooms_are_live_after_a_restart(tmp_path: Path) -> None:
    system = System(tmp_path, gateways=0)
    async with system, asyncio.TaskGroup() as tasks:
        gateway = Gateway(system.settings)
        running = tasks.create_task(gateway.connector.run(gateway))
        await gateway.until(lambda: len(gateway.live) == ROOMS)
        await gateway.join_all()
        await gateway.say_in_all("1")
        # What is acked is on disk. Its broadcast may still be on its way, and die with the broker.
        await gateway.until(lambda: len(gateway.heard_in) == len(SPOKEN_IN))
        await asyncio.to_thread(system.broker.kill)
        began = time.monotonic()
        await asyncio.to_thread(system.broker.start)
        await gateway.until(lambda: gateway.links == 2 and len(gateway.live) == ROOMS)
        print(f"{ROOMS} rooms live {time.monotonic() - began:.1f} s after the broker's start")
        await gateway.say_in_all("2")
        await gateway.until(lambda: len(gateway.heard_in) == 2 * len(SPOKEN_IN))
        running.cancel()
    assert gateway.heard_in == SPOKEN_IN * 2
