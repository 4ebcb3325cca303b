"""The page reader: answers requests that need a read of the store, one at a time.

Reads have a task of their own, so that a slow page never delays an ack.
"""

import asyncio
from typing import assert_never

from broker.effects import SendPage, SendRooms
from broker.shell.metrics import Metrics
from broker.shell.zmq_sockets import BrokerSockets
from broker.store.base import ReadFailed, Store
from common.codec import encode
from common.messages import Failed, Paged, RoomRow, RoomsListed

REQUESTS_WAITING = 1000
"""Requests in the queue; when it is full, the release of further effects waits."""


class PageReader:
    """Reads and sends what was added, in order. `term` and `epoch` go into the answers; the server
    keeps them up to date."""

    def __init__(self, store: Store, sockets: BrokerSockets, metrics: Metrics) -> None:
        self._store = store
        self._sockets = sockets
        self._metrics = metrics
        self._requests: asyncio.Queue[SendPage | SendRooms] = asyncio.Queue(REQUESTS_WAITING)
        self.term = 0
        self.epoch = ""

    async def add(self, request: SendPage | SendRooms) -> None:
        """Call it when all writes that came before the request are on disk. Waits while the queue
        is full."""
        await self._requests.put(request)

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            request = await self._requests.get()
            try:
                answer = await self._answer(request)
            except ReadFailed as error:
                answer = Failed(
                    term=self.term, no=request.no, code="unavailable", message=f"the store: {error}"
                )
            self._sockets.send(request.peer, encode(answer))
            self._sockets.look()
            self._metrics.pages.inc()
            self._requests.task_done()

    async def wait_until_idle(self) -> None:
        """Returns when all requests have been answered."""
        await self._requests.join()

    async def _answer(self, request: SendPage | SendRooms) -> Paged | RoomsListed | Failed:
        match request:
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
                for listing in listings:
                    # The store knows no members of public rooms: unread messages are counted in
                    # private rooms only.
                    private = listing.kind != "public"
                    unread = await self._store.unread(listing.room, uid) if private else 0
                    rows.append(
                        RoomRow(
                            room=listing.room,
                            kind=listing.kind,
                            count=listing.count,
                            seq=listing.head,
                            unread=unread,
                            title=listing.title,
                            user=listing.user,
                        )
                    )
                return RoomsListed(term=self.term, no=no, rooms=rows, more=more)
            case _:
                assert_never(request)
