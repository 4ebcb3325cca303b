"""A page of a run: a browser that follows rooms, comes back, and says its queue in order."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

import msgspec

from common.names import is_private
from tests.sim.gateway import Gateway, SimSocket
from tests.sim.history import Acked, Heard, Joined, Left, Reset, View
from tests.sim.roster import Roster
from tests.sim.virtual import Time

ACK_S = 2.5
"""The stock client's `ackTimeout`: then it sends the same again."""
CONNECT_S = 2.0
GIVE_UP_S = 4.0
"""No ping for this long: the connection is dead (the gateway was stopped)."""
_decode = msgspec.json.decode


class Town(Protocol):
    """The world, as a page sees it."""

    time: Time
    random: Random
    views: list[View]
    acks: list[Acked]
    recoveries: int

    def door(self) -> Gateway:
        """Some gateway of the list."""

    def complain(self, problem: str) -> None: ...
    def forgiven(self) -> bool:
        """The store was replaced: who was known is not."""


class Room:
    def __init__(self) -> None:
        self.head = 0
        """The last Seq heard, 0 for none."""
        self.joined = False
        self.asked = False
        self.roster = Roster()


class Page:
    """One tab of a person; `token` is the person."""

    def __init__(self, town: Town, name: str, token: str, in_auth: bool) -> None:
        self.town = town
        self.name = name
        self.user = name.partition("/")[0]
        self.token = token
        self.in_auth = in_auth
        self.uid = ""
        self.epoch = ""
        self.rooms: dict[str, Room] = {}
        self.queue: list[tuple[str, str]] = []
        """(room, id) of what is to be said, and is not acked yet, in order."""
        self.said: list[tuple[str, str]] = []
        self.bound = False
        """A join of this connection was acked."""
        self.gone = False
        """Closed for good, or while away."""
        self.view: View | None = None
        self.socket: SimSocket | None = None
        self._gateway: Gateway | None = None
        self._connection = 0
        self._acks: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._since: dict[str, int | None] = {}
        self._ack = self._ids = 0
        self._reading = False
        self._sending = ""
        self._arrive_at = 0.0
        self._heard_at = 0.0

    # --- the connection --------------------------------------------------------------------------

    def connect(self) -> None:
        """Through any gateway; tries until it is in."""
        if self.gone or self.socket is not None:
            return
        self._connection += 1
        number, town, gateway = self._connection, self.town, self.town.door()
        view = View(f"{self.name}#{number}")
        self._acks.clear()
        self._sending = ""

        def accept() -> None:
            if self._connection == number and not self.gone:
                self.view = view
                town.views.append(view)
                self._gateway = gateway
                self._heard_at = town.time.now
                socket = gateway.accept(self, self._auth())
                if self._connection == number:
                    self.socket = socket
                    self._begin()

        def look() -> None:
            if self._connection == number and self.socket is None:
                self.connect()

        town.time.after(town.random.uniform(0.001, 0.05), lambda: gateway.do(accept))
        town.time.after(CONNECT_S if gateway.alive else 0.3, look)

    def cut(self) -> None:
        """The connection breaks."""
        self._end(left=False)
        self._come_back()

    def say_goodbye(self) -> None:
        """DISCONNECT: for good, until it is opened again."""
        self.gone = True
        self._end(left=True)

    def closed_by_gateway(self, socket: SimSocket) -> None:
        if socket is self.socket:
            self._end(left=None)
            self._come_back()

    def ping(self) -> None:
        """Now and then: is the gateway there?"""
        if self.socket is None or self._gateway is None:
            return
        if not self._gateway.paused:
            self._heard_at = self.town.time.now
        elif self.town.time.now - self._heard_at > GIVE_UP_S:
            self.cut()

    def _end(self, left: bool | None) -> None:
        socket, gateway = self.socket, self._gateway
        self.socket = self.view = self._gateway = None
        self._connection += 1
        self.bound = False
        for name, room in self.rooms.items():
            room.joined = is_private(name) and not room.head
            room.asked = False
            room.roster.forget()
        if left is not None and socket is not None and gateway is not None:
            gateway.do(lambda: gateway.hang_up(socket, left))

    def _come_back(self) -> None:
        delay_s = self.town.random.choice((0.05, 0.3, 0.5, 1.0, 2.2))
        self.town.time.after(delay_s, self.connect)

    def _auth(self) -> dict[str, Any] | None:
        if not self.in_auth:
            return None
        names = sorted(self.rooms, key=is_private)
        return {"token": self.token, "user": self.user, "join": [
            join for name in names if (join := self._join_of(name)) is not None
        ]}  # fmt: skip

    def _join_of(self, name: str) -> dict[str, Any] | None:
        head = self.rooms[name].head
        if is_private(name) and not head:
            return None
        self.rooms[name].asked = True
        self._since[name] = head or None
        since = {"since": {"Epoch": self.epoch, "Seq": head}} if head else {}
        return {"room": name, **since}

    def _begin(self) -> None:
        if not self.in_auth:
            for name in sorted(self.rooms, key=is_private):
                self.join(name)

    # --- what the person does --------------------------------------------------------------------

    def join(self, name: str) -> None:
        room = self.rooms.setdefault(name, Room())
        if self.socket is None or room.asked:
            return
        join = self._join_of(name)
        if join is not None:
            join |= {"token": self.token, "user": self.user}
            self._ask("join", join, lambda ack: self._joined({"room": name, **ack}))

    def leave(self, name: str) -> None:
        self.rooms.pop(name)
        self._leave(name, self._connection)

    def _leave(self, name: str, connection: int) -> None:
        view = self.view
        if connection != self._connection or name in self.rooms:
            return

        def left(ack: dict[str, Any]) -> None:
            if view is not None and ack["ok"]:
                view.told.append(Left(name))
            elif ack["error"]["code"] == "unavailable":
                self.town.time.after(0.5, lambda: self._leave(name, connection))

        self._ask("leave", {"room": name}, left)

    def say(self, room: str) -> None:
        self._ids += 1
        id = f"{self.name}-{self._ids}"
        self.said.append((room, id))
        self.queue.append((room, id))
        self._drain()

    def open_direct(self, uid: str) -> None:
        def opened(ack: dict[str, Any]) -> None:
            if ack["ok"]:
                self.rooms.setdefault(ack["room"], Room()).joined = True

        self._ask("direct", {"uid": uid}, opened)

    def ask_names(self, name: str) -> None:
        room = self.rooms.get(name)
        if room is None or not room.joined or room.roster.asking:
            return
        room.roster.ask()

        def told(ack: dict[str, Any]) -> None:
            if self.rooms.get(name) is not room:
                return
            if ack["ok"]:
                room.roster.told(ack["count"], ack["version"], ack["users"])
            else:
                room.roster.forget()
                self._refused(name, ack)

        self._ask("participants", {"room": name}, told)

    def read_back(self, name: str) -> None:
        def read(ack: dict[str, Any]) -> None:
            if ack["ok"]:
                seqs = [event["Seq"] for event in ack["events"]]
                if seqs != list(range(seqs[0], seqs[0] + len(seqs))) if seqs else False:
                    self.town.complain(f"{self.name}: history {seqs}")
            else:
                self._refused(name, ack)

        self._ask("history", {"room": name, "limit": 10}, read)

    def type(self, name: str) -> None:
        self._ask("typing", {"room": name, "typing": True}, lambda ack: None)

    def rename(self, user: str) -> None:
        name = next((n for n, room in self.rooms.items() if room.joined), None)
        if name is not None and not is_private(name):
            self.user = user
            self._ask("join", {"room": name, "user": user}, lambda ack: None)

    def rejoin(self) -> None:
        """What is not joined, and was not asked for, is."""
        for name, room in self.rooms.items():
            if not room.joined and not room.asked:
                self.join(name)
        self._drain()

    # --- what it is told -------------------------------------------------------------------------

    def readable(self) -> None:
        if not self._reading:
            self._reading = True
            self.town.time.after(self.town.random.uniform(0.0, 0.06), self._read)

    def _read(self) -> None:
        self._reading = False
        if self.socket is None:
            return
        for frame in self.socket.outbox.take():
            packet = frame.packet
            assert isinstance(packet, str)
            if packet[1] == "2":
                event, payload = _decode(packet[2:])
                self._told(event, payload)
            elif packet[1] == "3":
                digits, _, payload = packet[2:].partition("[")
                answered = self._acks.pop(digits, None)
                if answered is not None:
                    answered(_decode("[" + payload)[0])
            if self.socket is None:
                return

    def _told(self, event: str, payload: Any) -> None:
        assert self.view is not None
        match event:
            case "chat":
                name, seq = payload["Room"], payload["Seq"]
                self.view.told.append(
                    Heard(
                        name,
                        seq,
                        payload["EvtType"],
                        payload["User"],
                        payload.get("Uid", ""),
                        payload.get("Id", ""),
                        payload["Text"],
                    )
                )
                if is_private(name):
                    self.rooms.setdefault(name, Room()).joined = True
                if name in self.rooms:
                    self.rooms[name].head = seq
            case "joined":
                self._joined(payload)
            case "reset":
                self.view.told.append(Reset(payload["Room"], payload["Epoch"], payload["Seq"]))
                self._take_epoch(payload["Epoch"])
                if payload["Room"] in self.rooms:
                    self.rooms[payload["Room"]].head = 0
            case "presence":
                if payload["Room"] in self.rooms:
                    self.rooms[payload["Room"]].roster.changed(payload)
            case "link" if payload["Up"]:
                for room in self.rooms.values():
                    room.roster.forget()

    def _joined(self, ack: dict[str, Any]) -> None:
        assert self.view is not None
        name = ack["room"]
        room = self.rooms.get(name)
        if room is not None:
            room.asked = False
        if not ack["ok"]:
            if name in self.rooms and ack["error"]["code"] == "no_such_room":
                del self.rooms[name]
                if not self.town.forgiven():
                    self.town.complain(f"{self.name}: {ack}")
            return
        self.view.uid = self.uid = ack["uid"]
        self.bound = True
        self._take_epoch(ack["epoch"])
        recovered, since = ack["recovered"], self._since.pop(name, None)
        self.view.told.append(
            Joined(name, ack["epoch"], ack["seq"], recovered, since, ack["private"])
        )
        if recovered and since is not None:
            self.town.recoveries += 1
        if room is not None:
            if not recovered:
                room.head = 0
            room.joined = True
            room.roster.joined(ack["version"])
        self._drain()

    def _take_epoch(self, epoch: str) -> None:
        if epoch != self.epoch:
            for room in self.rooms.values():
                room.head = 0
            self.epoch = epoch

    def _refused(self, name: str, ack: dict[str, Any]) -> None:
        code = ack["error"]["code"]
        if code in ("not_joined", "no_such_room") and name in self.rooms:
            room = self.rooms[name]
            if room.joined and not self.town.forgiven():
                self.town.complain(f"{self.name} is in {name} and told {ack['error']}")
            if is_private(name):
                del self.rooms[name]
            else:
                room.joined = False
                self.join(name)

    # --- the queue -------------------------------------------------------------------------------

    def _drain(self) -> None:
        """Sends the first that is not acked; the next only after it."""
        while self.queue and self.queue[0][0] not in self.rooms:
            self.said.remove(self.queue.pop(0))  # left meanwhile: nobody waits for it
        if not self.bound or not self.queue or not self.rooms[self.queue[0][0]].joined:
            return
        room, id = self.queue[0]
        if self._sending == id:
            return
        self._sending = id
        connection = self._connection
        text = f"text of {id}"

        def acked(ack: dict[str, Any]) -> None:
            if ack["ok"]:
                self.town.acks.append(Acked(self.uid, room, id, ack["seq"], text))
                if self.queue and self.queue[0] == (room, id):
                    self.queue.pop(0)
            else:
                self._refused(room, ack)
            if self._sending == id:
                self._sending = ""
                wait_s = 0.0 if ack["ok"] else 0.5
                self.town.time.after(wait_s, self._drain)

        def again() -> None:
            if self._connection == connection and self._sending == id:
                self._sending = ""
                self._drain()

        self._ask("chat", {"room": room, "message": text, "id": id}, acked)
        self.town.time.after(ACK_S, again)

    def _ask(
        self, event: str, payload: dict[str, Any], on_ack: Callable[[dict[str, Any]], None]
    ) -> None:
        socket, gateway = self.socket, self._gateway
        if socket is None or gateway is None:
            return
        self._ack += 1
        ack = str(self._ack)
        self._acks[ack] = on_ack
        time = self.town.time
        self._arrive_at = max(self._arrive_at, time.now + self.town.random.uniform(0, 0.02))
        time.at(
            self._arrive_at,
            lambda: gateway.do(lambda: gateway.request(socket, event, [payload], ack)),
        )
