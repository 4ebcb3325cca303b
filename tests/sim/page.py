"""A page of a run: one tab of a person, which follows rooms, sends messages and keeps rosters."""

from typing import Any, NamedTuple

from common.messages import Presence
from common.names import is_private
from tests.sim.browser import Browser, Town
from tests.sim.history import Heard, Joined, Left, Reset
from tests.sim.queue import Queue
from tests.support.roster import Roster


class Room:
    def __init__(self) -> None:
        self.head = 0
        """The last Seq heard, 0 for none."""
        self.joined = False
        self.asked = False
        self.roster = Roster()


class _Asked(NamedTuple):
    """A join that was asked for. Its answer is the room's only if the room was not left since then,
    even if the page has come back to it."""

    room: Room
    since: int | None


class Page(Browser):
    """One tab of a person; `token` is the person."""

    def __init__(self, town: Town, name: str, token: str, in_auth: bool) -> None:
        super().__init__(town, name)
        self.user = name.partition("/")[0]
        self.token = token
        self.in_auth = in_auth
        self.page = 100
        """How many names it requests at once."""
        self.looks = True
        """Whether it keeps the names of participants, and not only the count."""
        self.uid = ""
        self.epoch = ""
        self.rooms: dict[str, Room] = {}
        self.queue = Queue(self)
        self.bound = False
        """Whether a join of this connection was acked."""
        self._handshake: dict[str, _Asked] = {}
        """The joins of this connection's handshake that have no answer."""

    def is_in(self, room: str) -> bool:
        return room in self.rooms

    def may_speak(self, room: str) -> bool:
        return self.bound and (room not in self.rooms or self.rooms[room].joined)

    @property
    def settled(self) -> bool:
        """Whether it is connected and in all its rooms, and has sent all its messages."""
        joined = all(room.joined for room in self.rooms.values())
        return self.socket is not None and joined and not self.queue

    @property
    def knows_names(self) -> bool:
        rosters = [room.roster for name, room in self.rooms.items() if not is_private(name)]
        return all(roster.names is not None and not roster.old for roster in rosters)

    # --- the page of a browser -------------------------------------------------------------------

    def auth(self) -> dict[str, Any] | None:
        if not self.in_auth:
            return None
        names = [name for name in sorted(self.rooms, key=is_private) if self._needs_join(name)]
        self._handshake = {name: self._asked(name) for name in names}
        joins = [self._join_of(name, asked) for name, asked in self._handshake.items()]
        return {"token": self.token, "user": self.user, "join": joins}

    def _needs_join(self, name: str) -> bool:
        return not is_private(name) or self.rooms[name].head > 0

    def _asked(self, name: str) -> _Asked:
        room = self.rooms[name]
        room.asked = True
        return _Asked(room, room.head or None)

    def _join_of(self, name: str, asked: _Asked) -> dict[str, Any]:
        since = {"since": {"Epoch": self.epoch, "Seq": asked.since}} if asked.since else {}
        return {"room": name, **since}

    def begin(self) -> None:
        if not self.in_auth:
            for name in sorted(self.rooms, key=is_private):
                self.join(name)

    def ended(self) -> None:
        self.bound = False
        self.queue.pause()
        for name, room in self.rooms.items():
            room.joined = is_private(name) and not room.head
            room.asked = False
            room.roster.forget()

    # --- what the person does --------------------------------------------------------------------

    def join(self, name: str) -> None:
        room = self.rooms.setdefault(name, Room())
        if self.socket is None or room.asked or not self._needs_join(name):
            return
        asked = self._asked(name)
        join = self._join_of(name, asked) | {"token": self.token, "user": self.user}
        self.ask("join", join, lambda ack: self._joined({"room": name, **ack}, asked))

    def leave(self, name: str) -> None:
        self.rooms.pop(name)
        self._leave(name, self.connection)

    def _leave(self, name: str, connection: int) -> None:
        view = self.view
        if connection != self.connection or name in self.rooms:
            return

        def left(ack: dict[str, Any]) -> None:
            if view is not None and ack["ok"]:
                view.told.append(Left(name))
            elif ack["error"]["code"] == "unavailable":
                self.town.time.after(0.5, lambda: self._leave(name, connection))

        self.ask("leave", {"room": name}, left)

    def open_direct(self, uid: str) -> None:
        def opened(ack: dict[str, Any]) -> None:
            if ack["ok"]:
                self.rooms.setdefault(ack["room"], Room()).joined = True

        self.ask("direct", {"uid": uid}, opened)

    def ask_names(self, name: str) -> None:
        room = self.rooms.get(name)
        if room is not None and room.joined and not room.roster.reading:
            self._ask_names(name, room, room.roster.begin(), "")

    def _ask_names(self, name: str, room: Room, number: int, after: str) -> None:
        """Requests a page of names, and then the pages after it, unless reading began again
        meanwhile."""

        def told(ack: dict[str, Any]) -> None:
            if self.rooms.get(name) is not room or room.roster.readings != number:
                return
            if not ack["ok"]:
                room.roster.forget()
                return self.refused(name, ack)
            room.roster.read(
                after,
                ack["users"],
                count=ack["count"],
                version=ack["version"],
                more=ack["more"],
            )
            if room.roster.reading:
                self._ask_names(name, room, number, room.roster.after)

        self.ask("participants", {"room": name, "after": after, "limit": self.page}, told)

    def read_back(self, name: str) -> None:
        def read(ack: dict[str, Any]) -> None:
            if ack["ok"]:
                seqs = [event["Seq"] for event in ack["events"]]
                if seqs != list(range(seqs[0], seqs[0] + len(seqs))) if seqs else False:
                    self.town.complain(f"{self.name}: history {seqs}")
            else:
                self.refused(name, ack)

        self.ask("history", {"room": name, "limit": 10}, read)

    def type(self, name: str) -> None:
        self.ask("typing", {"room": name, "typing": True}, lambda ack: None)

    def rename(self, user: str) -> None:
        name = next((n for n, room in self.rooms.items() if room.joined), None)
        if name is not None and not is_private(name):
            self.user = user
            self.ask("join", {"room": name, "user": user}, lambda ack: None)

    def rejoin(self) -> None:
        """Asks to join the rooms that it is not in and has not asked for; sends what waits."""
        for name, room in self.rooms.items():
            if not room.joined and not room.asked:
                self.join(name)
        self.queue.drain()

    # --- what it is told -------------------------------------------------------------------------

    def told(self, event: str, payload: Any) -> None:
        assert self.view is not None
        match event:
            case "chat":
                name, seq = payload["Room"], payload["Seq"]
                self.view.told.append(Heard.of(payload))
                if is_private(name):
                    self.rooms.setdefault(name, Room()).joined = True
                if name in self.rooms:
                    self.rooms[name].head = seq
            case "joined":
                self._joined(payload, self._handshake.pop(payload["room"]))
            case "reset":
                self.view.told.append(Reset(payload["Room"], payload["Epoch"], payload["Seq"]))
                self._take_epoch(payload["Epoch"])
                if payload["Room"] in self.rooms:
                    self.rooms[payload["Room"]].head = 0
            case "presence":
                if payload["Room"] in self.rooms:
                    self.rooms[payload["Room"]].roster.changed(
                        Presence(
                            term=0,
                            room=payload["Room"],
                            since=payload["Since"],
                            version=payload["Version"],
                            count=payload["Count"],
                            joined=payload["Joined"],
                            left=payload["Left"],
                        )
                    )
            case "link" if payload["Up"]:
                for room in self.rooms.values():
                    room.roster.forget()

    def _joined(self, ack: dict[str, Any], asked: _Asked) -> None:
        assert self.view is not None
        name, (room, since) = ack["room"], asked
        is_in = self.rooms.get(name) is room
        room.asked = False
        if not ack["ok"]:
            code = ack["error"]["code"]
            if code == "banned":
                self.say_goodbye()
            elif is_in and code == "no_such_room":
                del self.rooms[name]
                if not self.town.forgiven(self.uid):
                    self.town.complain(f"{self.name}: {ack}")
            return
        self.view.uid = self.uid = ack["uid"]
        self.bound = True
        self._take_epoch(ack["epoch"])
        recovered = ack["recovered"]
        self.view.told.append(
            Joined(name, ack["epoch"], ack["seq"], recovered, since, ack["private"])
        )
        if recovered and since is not None:
            self.town.recoveries += 1
        if is_in:
            if not recovered:
                room.head = 0
            room.joined = True
            room.roster.joined(ack["count"], ack["version"])
        self.queue.drain()

    def _take_epoch(self, epoch: str) -> None:
        if epoch != self.epoch:
            for name, room in self.rooms.items():
                room.head = 0
                room.joined = room.joined or is_private(name)
            self.epoch = epoch

    def refused(self, name: str, ack: dict[str, Any]) -> None:
        """A request for this room was refused."""
        code = ack["error"]["code"]
        if code in ("not_joined", "no_such_room") and name in self.rooms:
            room = self.rooms[name]
            if room.joined and not self.town.forgiven(self.uid):
                self.town.complain(f"{self.name} is in {name} and told {ack['error']}")
            if is_private(name):
                del self.rooms[name]
            else:
                room.joined = False
                self.join(name)
