"""The visitor: acts as one browser in one room.

When its connection is lost it joins again, with `since`, at the next gateway of its list. It sends
each message again, with the same id, until the message is acked.
"""

import asyncio
import json
import random
import secrets
import time
from typing import Any

import aiohttp

from scripts.soak.checker import Ack, LoggedEvent, Seen, ViewBegan

ACK_S = 4.0
"""A message that is not acked after this time is sent again."""
CONNECT_S = 5.0
PAUSE_S = 0.1
RECOVERY_EVENTS = 1000
"""The default of HUBBUB_RECOVERY_EVENTS: a visitor that missed no more events must get exactly
those."""


class ConnectionLost(Exception):
    """The connection has ended, or cannot be used."""


class Visitor:
    """`run` connects again and again. `view` has the events that were received, `acks` the acks of
    messages, `complaints` what a system without faults of its own never answers."""

    def __init__(self, http: aiohttp.ClientSession, urls: list[str], user: str, room: str) -> None:
        """The first of the gateways is tried first."""
        self.user = user
        self.room = room
        self.view: list[Seen] = []
        self.acks: list[Ack] = []
        self.complaints: list[str] = []
        self.acked_at = 0.0
        """Monotonic time of the last ack."""
        self.head = 0
        """The Seq of the last event that was received."""
        self.connections = 0
        self.resets = 0
        self.retries = 0
        self.joined = asyncio.Event()
        self._http = http
        self._urls = urls
        self._tries = 0
        self._token = secrets.token_urlsafe(16)
        self._uid = ""
        self._epoch = ""
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._said: dict[int, tuple[str, str]] = {}
        self._numbers = 0

    async def run(self) -> None:
        while True:
            try:
                await self._visit(self._urls[self._tries % len(self._urls)])
            except (aiohttp.ClientError, TimeoutError, OSError, ConnectionLost):
                pass
            finally:
                self._end()
            self._tries += 1
            await asyncio.sleep(random.uniform(0.5, 1) * PAUSE_S)

    async def say(self, id: str, text: str) -> int:
        """Sends a message until it is acked. Returns its Seq."""
        payload = {"room": self.room, "message": text, "id": id}
        while True:
            await self.joined.wait()
            try:
                ack = await self.ask("chat", payload, said=(id, text))
            except (ConnectionLost, TimeoutError):
                self.retries += 1
                await asyncio.sleep(PAUSE_S)
                continue
            if ack["ok"]:
                return int(ack["seq"])
            self._on_refused("chat", ack)
            await asyncio.sleep(ack["error"].get("retryAfter", PAUSE_S))

    async def ask(self, event: str, payload: Any, said: tuple[str, str] | None = None) -> Any:
        """Sends an event and returns its ack. `said` is the id and text of a message. Raises
        ConnectionLost, or TimeoutError after ACK_S."""
        self._numbers += 1
        number = self._numbers
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        if said is not None:
            self._said[number] = said
        try:
            await self._send(f"42{number}{json.dumps([event, payload])}")
            async with asyncio.timeout(ACK_S):
                return await answer
        finally:
            self._asked.pop(number, None)

    async def archive(self) -> list[LoggedEvent]:
        """Reads the whole log of the room, page by page. Raises ConnectionLost or TimeoutError."""
        events: list[LoggedEvent] = []
        more = True
        while more:
            after = events[-1].seq if events else 0
            ack = await self.ask("history", {"room": self.room, "after": after, "limit": 100})
            if not ack["ok"]:
                raise ConnectionLost(str(ack))
            events += [_logged_event(event) for event in ack["events"]]
            more = ack["more"]
        return events

    # --- one connection --------------------------------------------------------------------------

    async def _visit(self, url: str) -> None:
        address = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        async with asyncio.timeout(CONNECT_S):
            socket = await self._http.ws_connect(address, max_msg_size=0)
        self.connections += 1
        async with socket:
            self._socket = socket
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._on_packet(message.data)

    async def _on_packet(self, packet: str) -> None:
        match packet[:2]:
            case "2":
                await self._send("3")
            case "40":
                pass
            case "41" | "44":
                self.complaints.append(f"{self.user}: the connection was refused: {packet[:200]}")
            case "42":
                self._on_event(*json.loads(packet[2:]))
            case "43":
                digits = packet[2:].partition("[")[0]
                self._on_ack(int(digits), json.loads(packet[2 + len(digits) :])[0])
            case _ if packet[0] == "0":
                # The joins of `auth` are handled before any event of this connection.
                await self._send(f"40{json.dumps(self._auth())}")

    def _auth(self) -> dict[str, Any]:
        room: dict[str, Any] = {"room": self.room}
        if self._epoch:
            room["since"] = {"Epoch": self._epoch, "Seq": self.head}
        return {"token": self._token, "user": self.user, "join": [room]}

    def _on_event(self, event: str, payload: Any = None) -> None:
        if event == "joined":
            self._on_joined(payload)
        elif event == "chat" and payload["Room"] == self.room:
            self.view.append(_logged_event(payload))
            self.head = payload["Seq"]
        elif event == "reset" and payload["Room"] == self.room:
            self.resets += 1
            self.view.append(ViewBegan(None))
            self._epoch, self.head = payload["Epoch"], 0

    def _on_joined(self, ack: Any) -> None:
        if not ack["ok"]:
            self._on_refused("join", ack)
            raise ConnectionLost
        if self._epoch == ack["epoch"]:
            missed = ack["seq"] - self.head
            if not ack["recovered"] and 0 <= missed <= RECOVERY_EVENTS:
                self.complaints.append(f"{self.user}: not recovered, though it missed {missed}")
            if missed < 0:
                self.complaints.append(
                    f"{self.user}: saw {self.head}, the log ends at {ack['seq']}"
                )
        elif self._epoch:
            self.complaints.append(f"{self.user}: the epoch has changed")
        if self._uid and (self._uid, self.user) != (ack["uid"], ack["user"]):
            self.complaints.append(f"{self.user}: came back as {ack['user']}")
        self._uid, self.user, self._epoch = ack["uid"], ack["user"], ack["epoch"]
        self.view.append(ViewBegan(self.head if ack["recovered"] else None))
        self.joined.set()

    def _on_ack(self, number: int, ack: Any) -> None:
        said = self._said.pop(number, None)
        if said is not None and ack["ok"]:
            self.acks.append(Ack(self._uid, *said, ack["seq"]))
            self.acked_at = time.monotonic()
        answer = self._asked.get(number)
        if answer is not None and not answer.done():
            answer.set_result(ack)

    def _on_refused(self, what: str, ack: Any) -> None:
        complaint = f"{self.user}: {what} refused: {ack['error']}"
        known = ack["error"]["code"] in ("unavailable", "rate_limited")
        if not known and complaint not in self.complaints:
            self.complaints.append(complaint)

    async def _send(self, packet: str) -> None:
        if self._socket is None or self._socket.closed:
            raise ConnectionLost
        try:
            await self._socket.send_str(packet)
        except (aiohttp.ClientError, OSError):
            raise ConnectionLost from None

    def _end(self) -> None:
        self.joined.clear()
        self._socket = None
        self._said.clear()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ConnectionLost())


def _logged_event(event: dict[str, Any]) -> LoggedEvent:
    return LoggedEvent(
        event["Seq"],
        event["EvtType"],
        event.get("Uid", ""),
        event.get("Id", ""),
        event["Text"],
        event["Timestamp"],
    )
