"""The core: commands and the time go in, effects come out. Pure: no sockets, no clock, no disk.

The shell calls one method at a time, and none between reading facts from the store and `learn`.
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct

from broker.effects import Effect, Fact, Missing, Need, NeedRoom, Send, Snapshot
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
from broker.model.state import Moment, State
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
from common.names import is_private
from common.settings import Settings


class Figures(Struct, frozen=True):
    """How much there is, for whoever watches."""

    gateways: int
    connections: int
    rooms: int


class Core:
    """All that one broker decides.

    `now` is listening time: monotonic seconds in which the broker listened. `wall` is Unix time.
    """

    def __init__(self, settings: Settings, opened: Snapshot, now: float) -> None:
        self.state = State(settings, opened)
        self._presence_paused_until = restore.restore(self.state, opened, now)
        self.state.presence_paused = now < self._presence_paused_until
        self._next_beacon = now + timers.BEACON_S
        self._now = now

    def needs(self, peer: bytes, command: AnyCommand) -> Sequence[Need]:
        """What `handle` will surely need, or most of it, so that the shell can read the facts for
        many commands at once. Never raises."""
        try:
            return self._needs(peer, command)
        except Refused:
            return ()

    def learn(self, needs: Sequence[Need], facts: Sequence[Fact]) -> None:
        """The facts for these needs, as the store has them now."""
        self.state.facts.make_room()
        for need, fact in zip(needs, facts, strict=True):
            self.state.learn(need, fact, self._now)

    def handle(self, peer: bytes, command: AnyCommand, now: float, wall: float) -> list[Effect]:
        """Executes a command and answers it. Raises Missing, having changed nothing, if facts have
        to be learned first: then ask again."""
        state = self.state
        self._now = now
        out: list[Effect] = []
        try:
            self._handle(peer, command, Moment(now, wall), out)
        except Refused as refused:
            assert not out, "nothing is done of what is refused"
            failed = Failed(
                term=state.term,
                no=command.no,
                code=refused.code,
                message=refused.message,
                retry_after_s=refused.retry_after_s,
            )
            out.append(Send(peer, failed))
        except Missing:
            state.facts.keep_used()
            raise
        state.facts.forget_used()
        state.ledger.hand_out(out, now)
        return out

    def tick(self, now: float, wall: float) -> list[Effect]:
        """What time brings about. To be called when `due`, and some times a second in any case."""
        state = self.state
        at = Moment(now, wall)
        self._now = now
        out: list[Effect] = []
        timers.end_sessions(state, at, out)
        if now >= self._presence_paused_until or not state.directory.gateways.awaited():
            state.presence_paused = False
        timers.tell_rooms(state, at, out)
        if now >= self._next_beacon:
            self._next_beacon = max(self._next_beacon + timers.BEACON_S, now)
            timers.beacons(state, out)
        state.ledger.hand_out(out, now)
        timers.forget(state, at)
        return out

    @property
    def due(self) -> float:
        """The listening time at which `tick` has something to tell."""
        return min(self._next_beacon, self.state.rooms.next_due)

    def stop(self, now: float, wall: float) -> list[Effect]:
        """The last answers: to those who wait."""
        out: list[Effect] = []
        presence_updates.end(self.state, Moment(now, wall), out)
        return out

    def committed(self, writes: int) -> None:
        """So many more of the writes handed out are on disk, in the order of handing out."""
        self.state.ledger.settle(writes)

    def knows_gateway(self, id: str) -> bool:
        """Whether the gateway of this id has a link."""
        return self.state.directory.gateways.is_bound(id)

    def figures(self) -> Figures:
        gateways = self.state.directory.gateways
        return Figures(len(gateways.bound()), gateways.sockets, self.state.rooms.busy)

    def _needs(self, peer: bytes, command: AnyCommand) -> Sequence[Need]:
        state = self.state
        match command:
            case Say():
                return messages.needs_of_say(state, peer, command)
            case Join():
                return membership.needs_of_join(state, command)
            case Register():
                return gateway_links.needs_of_register(state, command)
            case TakeUp():
                return gateway_links.needs_of_take_up(state, command)
            case GetHeads():
                return gateway_links.needs_of_heads(state, command)
            case Direct(user=str(name)) | Ban(user=str(name)):
                return direct_rooms.needs_of_name(state, name)
            case GetPage(room=name) if is_private(name):
                return state.lacking(NeedRoom(name))
            case _:
                return ()

    def _handle(self, peer: bytes, command: AnyCommand, at: Moment, out: list[Effect]) -> None:
        state = self.state
        match command:
            case Say():
                messages.say(state, peer, command, at, out)
            case Join():
                membership.join(state, peer, command, at, out)
            case Leave():
                membership.leave(state, peer, command, at, out)
            case Gone():
                membership.gone(state, peer, command, at, out)
            case Type():
                messages.type_(state, peer, command, at, out)
            case GetHistory():
                queries.history(state, peer, command, at, out)
            case GetPage():
                queries.page(state, peer, command, at, out)
            case GetParticipants():
                queries.participants(state, peer, command, at, out)
            case GetRooms():
                queries.rooms(state, peer, command, at, out)
            case GetNames():
                queries.names(state, peer, command, at, out)
            case Direct():
                direct_rooms.direct(state, peer, command, at, out)
            case Quit():
                direct_rooms.quit_(state, peer, command, at, out)
            case Hello():
                gateway_links.hello(state, peer, command, at, out)
            case Register():
                gateway_links.register(state, peer, command, at, out)
            case Beat():
                state.gateway(peer, at)
                state.done(peer, command.no, out)
            case Bye():
                gateway_links.bye(state, peer, command, at, out)
            case TakeUp():
                gateway_links.take_up(state, peer, command, at, out)
            case GetHeads():
                gateway_links.heads(state, peer, command, at, out)
            case Announce():
                moderation.announce(state, peer, command, at, out)
            case Blank():
                moderation.blank(state, peer, command, at, out)
            case Ban():
                moderation.ban(state, peer, command, at, out)
            case _:
                assert_never(command)
