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
        self._house = State(settings, opened)
        self._quiet_until = restore.restore(self._house, opened, now)
        self._house.quiet = now < self._quiet_until
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
        self._house.facts.make_room()
        for need, fact in zip(needs, facts, strict=True):
            self._house.learn(need, fact, self._now)

    def handle(self, peer: bytes, command: AnyCommand, now: float, wall: float) -> list[Effect]:
        """Executes a command and answers it. Raises Missing, having changed nothing, if facts have
        to be learned first: then ask again."""
        house = self._house
        self._now = now
        out: list[Effect] = []
        try:
            self._handle(peer, command, Moment(now, wall), out)
        except Refused as refused:
            assert not out, "nothing is done of what is refused"
            failed = Failed(
                term=house.term,
                no=command.no,
                code=refused.code,
                message=refused.message,
                retry_after_s=refused.retry_after_s,
            )
            out.append(Send(peer, failed))
        except Missing:
            house.facts.keep_used()
            raise
        house.facts.forget_used()
        house.ledger.hand_out(out, now)
        return out

    def tick(self, now: float, wall: float) -> list[Effect]:
        """What time brings about. To be called when `due`, and some times a second in any case."""
        house = self._house
        at = Moment(now, wall)
        self._now = now
        out: list[Effect] = []
        timers.end_sessions(house, at, out)
        if now >= self._quiet_until or not house.directory.gateways.awaited():
            house.quiet = False
        timers.tell_rooms(house, at, out)
        if now >= self._next_beacon:
            self._next_beacon = max(self._next_beacon + timers.BEACON_S, now)
            timers.beacons(house, out)
        house.ledger.hand_out(out, now)
        timers.forget(house, at)
        return out

    @property
    def due(self) -> float:
        """The listening time at which `tick` has something to tell."""
        return min(self._next_beacon, self._house.rooms.next_due)

    def stop(self, now: float, wall: float) -> list[Effect]:
        """The last answers: to those who wait."""
        out: list[Effect] = []
        presence_updates.end(self._house, Moment(now, wall), out)
        return out

    def committed(self, writes: int) -> None:
        """So many more of the writes handed out are on disk, in the order of handing out."""
        self._house.ledger.settle(writes)

    def knows_gateway(self, id: str) -> bool:
        """Whether the gateway of this id has a link."""
        return self._house.directory.gateways.is_bound(id)

    def figures(self) -> Figures:
        gateways = self._house.directory.gateways
        return Figures(len(gateways.bound()), gateways.sockets, self._house.rooms.busy)

    def _needs(self, peer: bytes, command: AnyCommand) -> Sequence[Need]:
        house = self._house
        match command:
            case Say():
                return messages.needs_of_say(house, peer, command)
            case Join():
                return membership.needs_of_join(house, command)
            case Register():
                return gateway_links.needs_of_register(house, command)
            case TakeUp():
                return gateway_links.needs_of_take_up(house, command)
            case GetHeads():
                return gateway_links.needs_of_heads(house, command)
            case Direct(user=str(name)) | Ban(user=str(name)):
                return direct_rooms.needs_of_name(house, name)
            case GetPage(room=name) if is_private(name):
                return house.lacking(NeedRoom(name))
            case _:
                return ()

    def _handle(self, peer: bytes, command: AnyCommand, at: Moment, out: list[Effect]) -> None:
        house = self._house
        match command:
            case Say():
                messages.say(house, peer, command, at, out)
            case Join():
                membership.join(house, peer, command, at, out)
            case Leave():
                membership.leave(house, peer, command, at, out)
            case Gone():
                membership.gone(house, peer, command, at, out)
            case Type():
                messages.type_(house, peer, command, at, out)
            case GetHistory():
                queries.history(house, peer, command, at, out)
            case GetPage():
                queries.page(house, peer, command, at, out)
            case GetParticipants():
                queries.participants(house, peer, command, at, out)
            case GetRooms():
                queries.rooms(house, peer, command, at, out)
            case GetNames():
                queries.names(house, peer, command, at, out)
            case Direct():
                direct_rooms.direct(house, peer, command, at, out)
            case Quit():
                direct_rooms.quit_(house, peer, command, at, out)
            case Hello():
                gateway_links.hello(house, peer, command, at, out)
            case Register():
                gateway_links.register(house, peer, command, at, out)
            case Beat():
                house.gateway(peer, at)
                house.done(peer, command.no, out)
            case Bye():
                gateway_links.bye(house, peer, command, at, out)
            case TakeUp():
                gateway_links.take_up(house, peer, command, at, out)
            case GetHeads():
                gateway_links.heads(house, peer, command, at, out)
            case Announce():
                moderation.announce(house, peer, command, at, out)
            case Blank():
                moderation.blank(house, peer, command, at, out)
            case Ban():
                moderation.ban(house, peer, command, at, out)
            case _:
                assert_never(command)
