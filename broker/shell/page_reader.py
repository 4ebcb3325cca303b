"""The pages: answers that the store has to be asked for, one after another, apart from the rest: a
page may take its time, an ack may not."""

import asyncio
from typing import assert_never

from broker.effects import SendPage, SendRooms
from broker.shell.metrics import Metrics
from broker.shell.zmq_sockets import BrokerSockets
from broker.store.base import ReadFailed, Store
from common.codec import encode
from common.messages import Failed, Paged, RoomRow, RoomsListed

PAGES_WAITING = 1000


class PageReader:
    """Whoever asks for more than it can read waits in `put`."""

    def __init__(self, store: Store, wire: BrokerSockets, metrics: Metrics) -> None:
        self._store = store
        self._wire = wire
        self._metrics = metrics
        self._asked: asyncio.Queue[SendPage | SendRooms] = asyncio.Queue(PAGES_WAITING)
        self.term = 0
        self.epoch = ""

    async def put(self, order: SendPage | SendRooms) -> None:
        """Call it once everything written before is on disk."""
        await self._asked.put(order)

    async def run(self) -> None:
        while True:
            order = await self._asked.get()
            try:
                answer = await self._answer(order)
            except ReadFailed as error:
                answer = Failed(
                    term=self.term, no=order.no, code="unavailable", message=f"the store: {error}"
                )
            self._wire.send(order.peer, encode(answer))
            self._wire.look()
            self._metrics.pages.inc()
            self._asked.task_done()

    async def idle(self) -> None:
        await self._asked.join()

    async def _answer(self, order: SendPage | SendRooms) -> Paged | RoomsListed | Failed:
        match order:
            case SendPage(_, no, room, after, before, limit, to):
                page = await self._store.page(room, after, before, limit)
                return Paged(
                    term=self.term,
                    no=no,
                    room=room,
                    epoch=self.epoch,
                    head=page.head,
                    events=page.events,
                    more=page.more,
                    to=list(to),
                )
            case SendRooms(_, no, uid, listings, more):
                rows = []
                for one in listings:
                    # Who has not opened a public room owes it nothing: only private ones count.
                    private = one.kind != "public"
                    unread = await self._store.unread(one.room, uid, 0) if private else 0
                    rows.append(
                        RoomRow(
                            room=one.room,
                            kind=one.kind,
                            count=one.count,
                            seq=one.head,
                            unread=unread,
                            title=one.title,
                            user=one.user,
                        )
                    )
                return RoomsListed(term=self.term, no=no, rooms=rows, more=more)
            case _:
                assert_never(order)
