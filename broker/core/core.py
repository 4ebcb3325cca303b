"""The core: commands and the time go in, effects come out. It has no sockets, no clock, no disk.

How it works, in rules:

1.  The core is the only writer of every room. It executes one command at a time, in the order in
    which they came, and gives every event its Seq. Two commands never overlap.
2.  The core changes nothing but its State. Everything else that is to happen is an effect, in a
    list that the caller gets. Writes go to the store; answers and broadcasts are released. The
    caller keeps the order that broker/effects.py asks for, and releases an answer or a broadcast
    only when all writes before it are on disk. So nobody learns of anything that a crash can undo.
3.  The state runs ahead of the disk. If a commit fails, the state is wrong: the caller drops this
    core and makes a new one from what the store has.
4.  The state has in memory whatever is in use: gateways, sessions, connected people, rooms with
    participants. Everything else is in the store alone. Whatever is not in use is evicted after a
    while, but never before all writes about it are on disk (`WriteLedger`).
5.  A command may concern what is not in memory. `needs` tells beforehand what a command will
    surely need, so that the caller can read the facts for many commands at once. If that was not
    all, `handle` raises Missing, having changed nothing: the caller reads those facts, calls
    `learn`, and calls `handle` again.
6.  A fact is what the store had when it was read. What has changed since then is in memory, by rule
    4, and handlers look there first. So that nothing is evicted in between, the caller calls
    nothing else between reading facts and `learn`. A command that is executed drops the facts that
    it has used, because it may have changed what they are about.
7.  A command is refused, or executed in full. A handler checks everything first and raises Refused
    before its first change. (A refused command still renews the lease and uses up a rate limit.)
    Any other exception is a fault of ours: the state may be half changed, so the caller makes a new
    core, as by rule 3.
8.  A command that is repeated, because its answer was lost, is executed once. A message is the same
    if its room, author and id are: it is looked up in `Uncommitted` until it is on disk, and in
    the store afterwards.
9.  Gateways hold leases. A gateway that sends nothing until its lease ends is orphaned, and its
    people have HUBBUB_MOVE_GRACE to come back by another one. A session whose connection is lost
    has HUBBUB_LEAVE_GRACE. After a restart everybody is where they were, and every gateway has a
    lease to register its people; until then presence is paused, so that a restart is no storm of
    leaves and joins.
10. Durations are in listening time, which stands still while the broker does not listen: a broker
    that was stopped does not take others for silent.
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct

from broker.effects import Effect, Fact, Missing, Need, Snapshot
from broker.handlers import (
    direct_rooms,
    gateway_links,
    membership,
    messages,
    moderation,
    presence_updates,
    queries,
    restore,
    timers,
)
from broker.handlers.call import Call, Update
from broker.model.state import State
from common.errors import Refused
from common.messages import (
    Announce,
    AnyCommand,
    Ban,
    Beat,
    Blank,
    Bye,
    Direct,
    Failed,
    GetHeads,
    GetHistory,
    GetNames,
    GetPage,
    GetParticipants,
    GetRooms,
    Gone,
    Hello,
    Join,
    Leave,
    Quit,
    Register,
    Say,
    TakeUp,
    Type,
)
from common.settings import Settings


class Figures(Struct, frozen=True):
    """How much there is, for metrics."""

    gateways: int
    """Gateways with a link."""
    connections: int
    """Sockets of all gateways."""
    rooms: int
    """Public rooms with participants."""


class Core:
    """Everything that one broker decides (see the rules above).

    `peer` is the routing id of a link, `now` listening time in seconds, `wall` Unix time."""

    def __init__(self, settings: Settings, opened: Snapshot, now: float) -> None:
        self.state = State(settings, opened)
        """For handlers to change; for everybody else to look at."""
        self._presence_paused_until = restore.restore(self.state, opened, now)
        self.state.presence_paused = now < self._presence_paused_until
        self._next_beacon = now + timers.BEACON_S
        self._now = now

    def needs(self, peer: bytes, command: AnyCommand) -> Sequence[Need]:
        """The facts that `handle` will surely need, or most of them, and that are not known yet.
        Never raises Refused: `handle` will."""
        try:
            return self.state.unknown(self._needs(peer, command))
        except Refused:
            return ()

    def learn(self, needs: Sequence[Need], facts: Sequence[Fact]) -> None:
        """Takes the facts for these needs, as the store has them now."""
        self.state.facts.age_if_full()
        for need, fact in zip(needs, facts, strict=True):
            self.state.learn(need, fact, self._now)

    def handle(self, peer: bytes, command: AnyCommand, now: float, wall: float) -> list[Effect]:
        """Executes a command, or refuses it, and answers it. Raises Missing, having changed
        nothing, if facts have to be learned first: then call `handle` again."""
        state = self.state
        self._now = now
        call = Call(state, peer, command.no, now, wall)
        try:
            _handle(call, command)
        except Refused as refused:
            assert not call.effects, "a refused command has no effects"
            call.answer(
                Failed,
                code=refused.code,
                message=refused.message,
                retry_after_s=refused.retry_after_s,
            )
        except Missing:
            state.facts.keep_used()
            raise
        state.facts.drop_used()
        state.ledger.hand_out(call.writes, now)
        return call.effects

    def tick(self, now: float, wall: float) -> list[Effect]:
        """What the passing of time brings about. Call it at `due`, and a few times a second in any
        case."""
        state = self.state
        self._now = now
        update = Update(state, now, wall)
        timers.end_sessions(update)
        if now >= self._presence_paused_until or not state.directory.gateways.any_awaited():
            state.presence_paused = False
        timers.publish_rooms(update)
        if now >= self._next_beacon:
            self._next_beacon = max(self._next_beacon + timers.BEACON_S, now)
            timers.publish_beacons(update)
        state.ledger.hand_out(update.writes, now)
        timers.evict(update)
        return update.effects

    @property
    def due(self) -> float:
        """The listening time at which `tick` has something to publish."""
        return min(self._next_beacon, self.state.rooms.next_due)

    def stop(self, now: float, wall: float) -> list[Effect]:
        """Call this last: answers the requests that still wait."""
        update = Update(self.state, now, wall)
        presence_updates.answer_waiting(update)
        return update.effects

    def committed(self, writes: int) -> None:
        """The next `writes` writes, in the order in which they were handed out, are on disk."""
        self.state.ledger.committed(writes)

    def knows_gateway(self, id: str) -> bool:
        """Whether the gateway of this id has a link."""
        return self.state.directory.gateways.has_link(id)

    def figures(self) -> Figures:
        gateways = self.state.directory.gateways
        return Figures(len(gateways.linked()), gateways.session_count, self.state.rooms.occupied)

    def _needs(self, peer: bytes, command: AnyCommand) -> Sequence[Need]:
        state = self.state
        match command:
            case Say():
                session = state.directory.gateways.session(peer, command.sid)
                return messages.needs_of_say(state, session, command) if session else ()
            case Join():
                return membership.needs_of_join(state, command)
            case Register():
                return gateway_links.needs_of_register(command)
            case TakeUp():
                return gateway_links.needs_of_take_up(command)
            case GetHeads():
                return gateway_links.needs_of_heads(command)
            case GetPage():
                return queries.needs_of_page(command)
            case Direct() | Ban():
                return direct_rooms.needs_of_person(state, command)
            case _:
                return ()


def _handle(call: Call, command: AnyCommand) -> None:
    match command:
        case Say():
            messages.say(call, command)
        case Join():
            membership.join(call, command)
        case Leave():
            membership.leave(call, command)
        case Gone():
            membership.gone(call, command)
        case Type():
            messages.type_(call, command)
        case GetHistory():
            queries.history(call, command)
        case GetPage():
            queries.page(call, command)
        case GetParticipants():
            queries.participants(call, command)
        case GetRooms():
            queries.rooms(call, command)
        case GetNames():
            queries.names(call, command)
        case Direct():
            direct_rooms.direct(call, command)
        case Quit():
            direct_rooms.quit_(call, command)
        case Hello():
            gateway_links.hello(call, command)
        case Register():
            gateway_links.register(call, command)
        case Beat():
            gateway_links.beat(call)
        case Bye():
            gateway_links.bye(call)
        case TakeUp():
            gateway_links.take_up(call, command)
        case GetHeads():
            gateway_links.heads(call, command)
        case Announce():
            moderation.announce(call, command)
        case Blank():
            moderation.blank(call, command)
        case Ban():
            moderation.ban(call, command)
        case _:
            assert_never(command)
