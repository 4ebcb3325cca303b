"""broker.core.core and broker.model.state: whatever people, gateways and time do, a mirror that
follows only what is released agrees with the core and the store."""

from copy import deepcopy
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs

from broker.core.core import Core
from broker.effects import Effect, Missing, Publish, Send, SendPage, SendRooms, Write
from broker.model.presence import NEVER
from common.messages import (
    AnyCommand,
    Beat,
    Direct,
    Done,
    Failed,
    GetNames,
    GetParticipants,
    Gone,
    Hello,
    Join,
    Joined,
    Leave,
    Listed,
    Opened,
    Register,
    Said,
    Say,
    SessionCommand,
    SessionInfo,
    Since,
)
from common.settings import Settings
from tests.support.broker_playbook import key_of
from tests.support.mirror import Mirror, read_page
from tests.support.roster import Roster
from tests.support.shelf import Shelf

GATEWAYS = ("g1", "g2")
PEOPLE = ("ann", "bob", "cid")
ROOMS = ("lobby", "tea")
REST_S = 100.0
_RELEASES = (Send, Publish, SendPage, SendRooms)

gateways = st.sampled_from(GATEWAYS)
sids = st.tuples(st.sampled_from(PEOPLE), st.integers(0, 1)).map(lambda t: f"{t[0]}/{t[1]}")
rooms = st.sampled_from(ROOMS)
whiches = st.integers(0, 31)
OFTEN = 28
users = st.sampled_from([None, *PEOPLE, "Ann", "eve"])


class Hubbub(RuleBasedStateMachine):
    """A broker, a store that commits only in `commit`, and two gateways that know only the answers
    that they got."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings(crowd=2, crowd_joins=100, message_rate=0.0, name_hold=5.0)
        self.shelf = Shelf()
        self.mirror = Mirror()
        self.now = 0.0
        self.no = 0
        self.asked: dict[int, tuple[str, AnyCommand]] = {}
        self.sessions: dict[str, dict[str, tuple[str, set[str]]]] = {g: {} for g in GATEWAYS}
        self.uids: dict[str, str] = {}
        self.direct_rooms: list[str] = []
        """The direct rooms that were opened."""
        self.lazy = True
        """If true, effects wait until `commit`."""
        self.start()

    def start(self) -> None:
        self.waiting: list[Effect] = []
        opened = self.shelf.open(self.wall - self.settings.name_hold)
        self.core = Core(self.settings, opened, self.now)
        self.linked: set[str] = set()
        self.mirror.restarted()

    @property
    def wall(self) -> float:
        return 1e9 + self.now

    # --- the shell -------------------------------------------------------------------------------

    def ask(self, gateway: str, command: AnyCommand) -> None:
        if gateway not in self.linked and isinstance(command, SessionCommand):
            self.link(gateway)
        self.no += 1
        self.send(gateway, structs.replace(command, no=self.no))

    def send(self, gateway: str, command: AnyCommand) -> None:
        self.asked[command.no] = (gateway, command)
        needs = self.core.needs(gateway.encode(), command)
        self.core.learn(needs, self.shelf.learn(needs))
        for _ in range(5):
            try:
                self.waiting += self.core.handle(gateway.encode(), command, self.now, self.wall)
            except Missing as missing:
                self.core.learn(missing.needs, self.shelf.learn(missing.needs))
            else:
                break
        else:
            raise AssertionError(f"never has the facts for {command}")
        if not self.lazy:
            self.commit()

    def link(self, gateway: str) -> None:
        """The gateway has a new link: answers on the old one are lost, and commands without an
        answer are sent again."""
        self.linked.add(gateway)
        peer = gateway.encode()
        self.waiting = [e for e in self.waiting if not (isinstance(e, Send) and e.peer == peer)]
        unanswered = [(no, c) for no, (g, c) in self.asked.items() if g == gateway]
        for no, _ in unanswered:
            del self.asked[no]
        self.ask(gateway, Hello(no=0, wire=1, gateway=gateway, proof="p"))
        sessions = [
            SessionInfo(sid, self.uids[person], False, sorted(rooms))
            for sid, (person, rooms) in self.sessions[gateway].items()
        ]
        self.ask(gateway, Register(no=0, sessions=sessions, last=True))
        for _, command in sorted(unanswered, key=lambda entry: entry[0]):
            if isinstance(command, SessionCommand):
                self.send(gateway, command)

    @rule()
    def commit(self) -> None:
        effects, self.waiting = self.waiting, []
        writes: list[Write] = [one for one in effects if not isinstance(one, _RELEASES)]
        self.shelf.commit(writes)
        self.core.committed(len(writes))
        for effect in effects:
            if isinstance(effect, Publish):
                self.mirror.sees(effect)
            elif isinstance(effect, Send):
                self.answered(effect)

    def answered(self, send: Send) -> None:
        if send.answer.no not in self.asked:
            return  # the command was sent again on a new link, and answered twice
        gateway, command = self.asked.pop(send.answer.no)
        answer: Any = send.answer
        sessions = self.sessions[gateway] if gateway in GATEWAYS else {}
        match command, answer:
            case Join(sid=sid), Joined():
                person = sid.partition("/")[0]
                self.uids[person] = answer.uid
                self.mirror.joined(gateway, command, answer)
                sessions.setdefault(sid, (person, set()))[1].add(answer.room)
            case Leave(sid=sid, room=room), Done():
                if sid in sessions:
                    sessions[sid][1].discard(room)
            case Say(sid=sid), Said():
                self.mirror.said_so(self.uids[sid.partition("/")[0]], send)
            case (
                (Say(sid=sid, room=room) | GetParticipants(sid=sid, room=room)),
                Failed(code="not_joined"),
            ):
                known = sessions.get(sid, ("", set()))[1]
                assert room not in known, (
                    "not_joined, though its join was acked and it has not left"
                )
            case GetNames(room=room), Listed():
                self.mirror.lines[room] = set(answer.users)
                assert answer.count == len(self.mirror.lines[room])
            case GetParticipants(room=room, limit=1, after=after), Listed():
                read_page(self.mirror.read.setdefault(room, Roster()), answer, after)
            case GetParticipants(room=room), Listed():
                read_page(self.mirror.roster(room), answer)
                read_page(self.mirror.hard.setdefault(room, Roster()), answer)
            case Direct(), Opened(room=room):
                self.direct_rooms.append(room)
            case _, Failed(code=code):
                assert code not in ("hello", "unavailable", "bad_request"), (command, answer)

    # --- what people do --------------------------------------------------------------------------

    @initialize(lazy=st.booleans(), crowd=st.booleans())
    def some_are_here(self, lazy: bool, crowd: bool) -> None:
        self.settings = structs.replace(self.settings, crowd=2 if crowd else 50)
        self.start()
        for gateway, sid in (("g1", "ann/0"), ("g2", "ann/1"), ("g2", "bob/0")):
            self.join(gateway, sid, "lobby", sid[:3], None)
        self.commit()
        self.lazy = lazy

    @rule(gateway=gateways, sid=sids, room=rooms, user=users, seq=st.none() | st.integers(0, 5))
    def join(self, gateway: str, sid: str, room: str, user: str | None, seq: int | None) -> None:
        since = None if seq is None else Since("epoch", seq)
        key = key_of(sid.partition("/")[0])
        self.ask(gateway, Join(no=0, sid=sid, key=key, room=room, user=user, since=since))

    def socket(self, which: int) -> tuple[str, str, str]:
        """A gateway, a socket and a room that it has joined; rarely one that it may not have
        joined."""
        entries = [
            (gateway, sid, room)
            for gateway, sessions in self.sessions.items()
            for sid, (_, joined) in sessions.items()
            for room in sorted(joined)
        ]
        return (
            entries[which % len(entries)] if entries and which < OFTEN else ("g1", "ann/0", "tea")
        )

    @rule(which=whiches)
    def leave(self, which: int) -> None:
        self.commit()  # else the gateway does not know whether the socket is in the room
        gateway, sid, room = self.socket(which)
        self.ask(gateway, Leave(no=0, sid=sid, room=room))
        self.commit()

    @rule(which=whiches, left=st.booleans(), later=st.booleans())
    def go(self, which: int, left: bool, later: bool) -> None:
        self.commit()
        gateway, sid, _ = self.socket(which)
        if gateway not in self.linked:
            self.link(gateway)
            self.commit()  # a join that is sent again is answered before the socket is gone
        self.ask(gateway, Gone(no=0, sid=sid, left=left))
        self.sessions[gateway].pop(sid, None)
        if not later:
            self.commit()

    @rule(which=whiches, id=st.sampled_from("xyz"))
    def say(self, which: int, id: str) -> None:
        gateway, sid, room = self.socket(which)
        self.ask(gateway, Say(no=0, sid=sid, room=room, text="text", id=id))

    @rule(which=whiches, other=st.sampled_from(PEOPLE))
    def open(self, which: int, other: str) -> None:
        gateway, sid, _ = self.socket(which)
        if other in self.uids and not sid.startswith(other):
            self.ask(gateway, Direct(no=0, sid=sid, uid=self.uids[other]))

    @rule(which=whiches, line=st.integers(0, 9), id=st.sampled_from("xyz"))
    def whisper(self, which: int, line: int, id: str) -> None:
        if self.direct_rooms:
            gateway, sid, _ = self.socket(which)
            room = self.direct_rooms[line % len(self.direct_rooms)]
            self.ask(gateway, Say(no=0, sid=sid, room=room, text="psst", id=id))

    @rule(which=whiches, when=st.sampled_from([0.1, 0.2]))
    def blink(self, which: int, when: float) -> None:
        """Somebody leaves and comes back, within the time of one or two changes of presence, while
        others request the names."""
        gateway, sid, room = self.socket(which)
        self.list(which + 1)
        self.leave(which)
        self.list(which + 1)
        self.look(room)
        self.wait(when, "-")
        self.join(gateway, sid, room, None, None)
        self.list(which + 1)

    @rule(which=whiches)
    def list(self, which: int) -> None:
        gateway, sid, room = self.socket(which)
        self.ask(gateway, GetParticipants(no=0, sid=sid, room=room))

    @rule(which=whiches)
    def read_on(self, which: int) -> None:
        """Requests the next name of a room, in a page of one name."""
        gateway, sid, room = self.socket(which)
        after = self.mirror.read.setdefault(room, Roster()).after
        self.ask(gateway, GetParticipants(no=0, sid=sid, room=room, after=after, limit=1))

    @rule(deaf=st.booleans())
    def deafen(self, deaf: bool) -> None:
        """From now on changes of presence are lost to some rosters, or not any more."""
        self.commit()
        self.mirror.deaf = deaf

    @rule(room=rooms)
    def look(self, room: str = "lobby") -> None:
        self.ask("script", GetNames(no=0, room=room, limit=1000))

    # --- what happens ----------------------------------------------------------------------------

    @rule(passing=st.sampled_from([0.05, 0.1, 0.3, 1.0, 6.0, 70.0]), silent=st.sampled_from("-12"))
    def wait(self, passing: float, silent: str) -> None:
        until = self.now + passing
        step = 0.05 if passing < 10 else 1.0
        while self.now < until:
            self.now += step
            for gateway in self.linked:
                if not gateway.endswith(silent):
                    self.core.handle(gateway.encode(), Beat(no=0), self.now, self.wall)
            self.waiting += self.core.tick(self.now, self.wall)
        if passing > self.settings.lease and silent != "-":
            self.linked.discard(f"g{silent}")

    @rule(really=st.integers(0, 3))
    def restart(self, really: int) -> None:
        """The broker is killed: effects that waited are lost."""
        if really:
            return
        self.start()

    # --- the truth -------------------------------------------------------------------------------

    @invariant()
    def logs_are_what_is_stored(self) -> None:
        for room, log in self.shelf.logs.items():
            seen = self.mirror.logs.get(room, [])
            if not room.startswith("@"):
                assert seen == log
            keys = [(event.uid, event.id) for event in log if event.kind == "message"]
            assert len(keys) == len(set(keys)), "stored twice"

    @rule()
    def compare(self) -> None:
        """Clients that followed the changes know the same as those that request the names: the
        truth."""
        for gateway in GATEWAYS:
            if gateway not in self.linked:
                self.link(gateway)
        self.commit()
        followed = {room: deepcopy(self.mirror.roster(room)) for room in ROOMS}
        self.mirror.followed = followed
        state = self.core.state
        self.list_all()
        self.wait(1.5, "-")
        while any(room.presence.due < NEVER for room in state.rooms):
            self.wait(0.3, "-")
        self.commit()
        lines = dict(self.mirror.lines)
        self.list_all()
        for room in ROOMS:
            self.look(room)
        self.commit()
        self.mirror.followed = {}
        for room in ROOMS:
            known = state.rooms.get(room)
            truth = set(known.participants.by_uid.values()) if known else set()
            told = self.mirror.roster(room)
            assert lines.get(room, truth) == truth
            assert self.mirror.lines[room] == truth
            assert told.count == len(truth) or not told.count
            assert told.names == truth or told.names is None or told.crowd
            hard = None if room in self.mirror.missed else self.mirror.hard.get(room)
            for roster in (followed[room], self.mirror.read.get(room), hard):
                if roster is not None and not roster.crowd and not told.crowd:
                    assert roster.names in (None, truth)

    def list_all(self) -> None:
        """One socket in each room that has sockets requests its names."""
        sockets = {
            room: (gateway, sid)
            for gateway, sessions in self.sessions.items()
            for sid, (_, joined) in sessions.items()
            for room in joined
        }
        for room, (gateway, sid) in sockets.items():
            self.ask(gateway, GetParticipants(no=0, sid=sid, room=room))

    def teardown(self) -> None:
        """When all sockets are gone, nothing stays in memory."""
        for gateway in GATEWAYS:
            self.commit()
            self.asked.clear()
            self.sessions[gateway].clear()
            self.linked.discard(gateway)
            self.link(gateway)
        self.wait(10.0, "-")
        self.commit()
        self.wait(REST_S, "-")
        self.commit()
        self.wait(70.0, "-")
        state = self.core.state
        assert (len(state.rooms), len(state.directory.people), len(state.uncommitted)) == (0, 0, 0)
        self.logs_are_what_is_stored()


TestHubbub = Hubbub.TestCase
TestHubbub.settings = hypothesis_settings(max_examples=100, stateful_step_count=50, deadline=None)
