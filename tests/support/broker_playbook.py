"""The playbook: tests of the core as transcripts. A step does something, or expects an answer or a
broadcast that comes of the last deed:

    play(chat, joins("ann", "lobby"), joined("ann", "lobby"), told("lobby", "join", "ann"))

A sid stands for a person too: `ann` is the first socket of Ann, `ann/2` her second one.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from msgspec import Struct, structs

from broker.core.core import Core
from broker.effects import Effect, Missing, Publish, Send, SendPage, SendRooms, Write
from broker.model.records import Person
from broker.model.room import Room
from broker.model.state import State
from common.codec import decode_answer, encode
from common.messages import (
    AnyCommand,
    Beacon,
    Beat,
    Direct,
    Failed,
    Gone,
    Happened,
    Hello,
    Join,
    Joined,
    Leave,
    Marked,
    Presence,
    Register,
    Say,
    SessionInfo,
    Since,
    Typing,
    gateway_topic,
)
from common.settings import Settings
from tests.support.shelf import Shelf

WALL = 1_800_000_000.0
_RELEASES = (Send, Publish, SendPage, SendRooms)
Seen = Send | Publish | SendPage | SendRooms


def key_of(person: str) -> str:
    return sha256(person.encode()).hexdigest()


class Chat:
    """A core and its store. Time passes in `wait` alone. If `lazy`, writes wait for `commit`."""

    def __init__(self, shelf: Shelf | None = None, *, lazy: bool = False, **settings: Any) -> None:
        self.shelf = shelf or Shelf()
        self.settings = structs.replace(Settings(), **{"message_rate": 0.0, **settings})
        self.now = 100.0
        self.lazy = lazy
        self.waiting: list[Write] = []
        self.seen: list[Seen] = []
        self.no = 0
        self.alive: set[str] = set()
        """The gateways that send beats while time passes."""
        self.open()

    def open(self) -> None:
        """The broker starts, or restarts: writes that waited are lost."""
        self.waiting.clear()
        self.seen.clear()
        self.alive.clear()
        opened = self.shelf.open(self.wall - self.settings.name_hold)
        self.core = Core(self.settings, opened, self.now)
        self.term = opened.term

    @property
    def wall(self) -> float:
        return WALL + self.now

    def do(self, command: AnyCommand, gateway: str = "g1") -> None:
        self.no += 1
        command = structs.replace(command, no=command.no or self.no)
        if isinstance(command, Hello):
            self.alive.add(gateway)
        needs = self.core.needs(gateway.encode(), command)
        self.core.learn(needs, self.shelf.learn(needs))
        for _ in range(5):
            try:
                effects = self.core.handle(gateway.encode(), command, self.now, self.wall)
            except Missing as missing:
                self.core.learn(missing.needs, self.shelf.learn(missing.needs))
            else:
                return self._take(effects)
        raise AssertionError(f"never has the facts for {command}")

    def wait(self, seconds: float) -> None:
        """Time passes, with ticks as the service makes them."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 0.05)
            for gateway in self.alive:
                self.core.handle(gateway.encode(), Beat(no=0), self.now, self.wall)
            self._take(self.core.tick(self.now, self.wall))

    def commit(self) -> None:
        writes, self.waiting = self.waiting, []
        self.shelf.commit(writes)
        self.core.committed(len(writes))

    def _take(self, effects: Sequence[Effect]) -> None:
        """Collects what is released; the fields of answers have the types that the wire demands."""
        for effect in effects:
            if isinstance(effect, Send):
                assert decode_answer(encode(effect.answer)) == effect.answer
            if isinstance(effect, _RELEASES):
                self.seen.append(effect)
            else:
                self.waiting.append(effect)
        if not self.lazy:
            self.commit()

    def answer(self, command: AnyCommand, gateway: str = "g1") -> Any:
        """Handles the command, and returns its answer."""
        self.seen.clear()
        self.do(command, gateway)
        (answer,) = [seen.answer for seen in self.seen if isinstance(seen, Send)]
        self.seen.clear()
        return answer

    # --- what the core has in memory -------------------------------------------------------------

    @property
    def state(self) -> State:
        return self.core.state

    def uid(self, person: str) -> str:
        return self.state.directory.uid_of(key_of(person))

    def direct_room(self, person: str, other: str) -> str:
        return self.state.directory.direct_room(self.uid(person), self.uid(other))

    def person(self, person: str) -> Person:
        """Somebody who is in memory (see `remembers`)."""
        found = self.state.directory.people.get(self.uid(person))
        assert found is not None
        return found

    def remembers(self, person: str) -> bool:
        return self.state.directory.people.get(self.uid(person)) is not None

    def room(self, name: str) -> Room:
        """A room that is in memory."""
        found = self.state.rooms.get(name)
        assert found is not None
        return found


class Step(Struct):
    """A deed, or a sight: an answer or a broadcast that has to come of the last deed."""

    says: str
    does: Callable[[Chat], None] | None = None
    sees: Callable[[Chat, Seen], bool] | None = None


def play(chat: Chat, *steps: Step) -> None:
    """Plays the steps. Each sight must be among what came of the last deed, and uses that up. With
    `nothing_else` all of it has to be used up, except beacons."""
    for step in steps:
        if step.does is not None:
            chat.seen.clear()
            step.does(chat)
        elif step.sees is not None:
            found = next((one for one in chat.seen if step.sees(chat, one)), None)
            if found is None:
                raise AssertionError(f"not seen: {step.says}; but: {_show(chat.seen)}")
            chat.seen.remove(found)
        elif [one for one in chat.seen if not _is_beat(one)]:
            raise AssertionError(f"seen too: {_show(chat.seen)}")


def _is_beat(seen: Seen) -> bool:
    return isinstance(seen, Publish) and isinstance(seen.message, Beacon)


def _show(seen: Sequence[Seen]) -> str:
    return "\n  ".join(["", *(repr(one) for one in seen)]) or "nothing"


# --- deeds ---------------------------------------------------------------------------------------


def asks(command: AnyCommand, gateway: str = "g1") -> Step:
    return Step(repr(command), does=lambda chat: chat.do(command, gateway))


def hello(gateway: str = "g1") -> Step:
    """A gateway without sockets connects."""

    def does(chat: Chat) -> None:
        chat.do(Hello(no=0, wire=1, gateway=gateway, proof="p"), gateway)
        chat.seen.clear()
        chat.do(Register(no=0, sessions=[], last=True), gateway)

    return Step(f"hello {gateway}", does=does)


def returns(gateway: str, **rooms: list[str]) -> Step:
    """A gateway connects again, with these sids in these rooms."""

    def does(chat: Chat) -> None:
        chat.do(Hello(no=0, wire=1, gateway=gateway, proof="p"), gateway)
        chat.seen.clear()
        sessions = [
            SessionInfo(sid, chat.uid(sid.partition("/")[0]), False, names)
            for sid, names in rooms.items()
        ]
        chat.do(Register(no=0, sessions=sessions, last=True), gateway)

    return Step(f"{gateway} returns with {rooms}", does=does)


def joins(
    sid: str,
    room: str = "lobby",
    *,
    user: str | None = "",
    gateway: str = "g1",
    since: Since | None = None,
    plain: bool = False,
) -> Step:
    """A socket joins, by default under the name in its sid."""
    person = sid.partition("/")[0]
    name = person if user == "" else user
    command = Join(
        no=0, sid=sid, key=key_of(person), room=room, user=name, since=since, plain=plain
    )
    return asks(command, gateway)


def leaves(sid: str, room: str = "lobby", gateway: str = "g1") -> Step:
    return asks(Leave(no=0, sid=sid, room=room), gateway)


def closes(sid: str, gateway: str = "g1") -> Step:
    return asks(Gone(no=0, sid=sid, left=True), gateway)


def drops(sid: str, gateway: str = "g1") -> Step:
    """The connection breaks."""
    return asks(Gone(no=0, sid=sid, left=False), gateway)


def says(
    sid: str, text: str, room: str = "lobby", *, id: str | None = None, gateway: str = "g1"
) -> Step:
    return asks(Say(no=0, sid=sid, room=room, text=text, id=id or text), gateway)


def opens(sid: str, user: str, gateway: str = "g1") -> Step:
    return asks(Direct(no=0, sid=sid, user=user), gateway)


def seconds(passing: float) -> Step:
    return Step(f"{passing} s", does=lambda chat: chat.wait(passing))


def silence(gateway: str) -> Step:
    """The gateway sends nothing from now on."""
    return Step(f"{gateway} falls silent", does=lambda chat: chat.alive.discard(gateway))


def restart() -> Step:
    return Step("restart", does=lambda chat: chat.open())


# --- sights --------------------------------------------------------------------------------------


def answered(kind: type[Any], **fields: Any) -> Step:
    def sees(_: Chat, seen: Seen) -> bool:
        return isinstance(seen, Send) and _fits(seen.answer, kind, fields)

    return Step(f"{kind.__name__} {fields}", sees=sees)


def refused(code: str) -> Step:
    return answered(Failed, code=code)


def joined(user: str, room: str = "lobby", **fields: Any) -> Step:
    return answered(Joined, user=user, room=room, **fields)


def told(room: str, kind: str, user: str, text: str | None = None) -> Step:
    """An event of a room is published."""

    def sees(_: Chat, seen: Seen) -> bool:
        if not isinstance(seen, Publish) or not isinstance(seen.message, Happened):
            return False
        (event,) = seen.message.events
        right = (seen.message.room, event.kind, event.user) == (room, kind, user)
        return right and text in (None, event.text)

    return Step(f"told in {room}: {kind} {user} {text}", sees=sees)


def published(kind: type[Any], **fields: Any) -> Step:
    def sees(_: Chat, seen: Seen) -> bool:
        return isinstance(seen, Publish) and _fits(seen.message, kind, fields)

    return Step(f"{kind.__name__} {fields}", sees=sees)


def presence(room: str = "lobby", **fields: Any) -> Step:
    return published(Presence, room=room, **{"joined": [], "left": [], **fields})


def typing(room: str, *names: str) -> Step:
    def sees(_: Chat, seen: Seen) -> bool:
        if not isinstance(seen, Publish) or not isinstance(seen.message, Typing):
            return False
        return seen.message.room == room and sorted(seen.message.users.values()) == sorted(names)

    return Step(f"typing in {room}: {names}", sees=sees)


def marked(topic: str, head: int) -> Step:
    return published(Marked, topic=topic, head=head)


def beacon(gateway: str, **heads: int) -> Step:
    def sees(_: Chat, seen: Seen) -> bool:
        if not isinstance(seen, Publish) or not isinstance(seen.message, Beacon):
            return False
        return seen.topic == gateway_topic(gateway) and seen.message.heads == heads

    return Step(f"beacon of {gateway}: {heads}", sees=sees)


def nothing_else() -> Step:
    return Step("nothing else")


def _fits(message: object, kind: type[Any], fields: dict[str, Any]) -> bool:
    return isinstance(message, kind) and all(
        getattr(message, name) == value for name, value in fields.items()
    )
