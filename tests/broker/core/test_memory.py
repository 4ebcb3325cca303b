"""What is not in use is in the store alone: broker.model.people, broker.model.rooms,
broker.model.uncommitted, broker.model.write_ledger, broker.model.facts, broker.handlers.timers and
broker.handlers.restore forget and find it again."""

from broker.effects import NeedRoom, NeedSaid, RoomFact, SaidFact
from broker.model.eviction import KEEP_RECORDS
from broker.model.facts import Facts
from broker.model.rooms import RoomTable
from broker.model.uncommitted import Uncommitted
from broker.model.write_ledger import FOREVER, WriteLedger
from common.messages import Done, Join, Opened, Said
from common.names import SYSTEM
from common.settings import Settings
from tests.support.broker_playbook import (
    Chat,
    answered,
    closes,
    hello,
    joined,
    joins,
    key_of,
    leaves,
    nothing_else,
    opens,
    play,
    restart,
    returns,
    says,
    seconds,
    told,
)


def test_people_and_rooms_that_are_not_used_are_evicted() -> None:
    chat = Chat()
    state = chat.state
    play(chat, hello(), joins("ann"), joins("bob", "tea"), closes("bob"), leaves("ann"))
    play(chat, joins("ann", "bar"), seconds(50), says("ann", "x", "bar"), seconds(20))
    assert [state.rooms.get(name) is None for name in ("lobby", "tea", "bar")] == [1, 1, 0]
    assert len(state.directory.people) == 2, "bob's name is held"
    play(chat, seconds(600))
    assert len(state.directory.people) == 1
    play(chat, joins("bob", "tea", user=None), joined("bob", "tea", head=3))


def test_nothing_is_evicted_before_it_is_on_disk() -> None:
    chat = Chat(lazy=True, name_hold=0.0)
    state = chat.state
    play(chat, hello(), joins("ann"), says("ann", "x", id="i"), closes("ann"), seconds(200))
    assert state.rooms.get("lobby") is not None
    assert chat.remembers("ann")
    play(chat, joins("bob"), says("bob", "y"), opens("bob", "ann"), joins("ann", user=None))
    play(chat, joined("ann", head=6), says("ann", "x", id="i"), answered(Said, seq=2))
    chat.commit()
    play(chat, leaves("bob"), closes("ann"), seconds(70))
    chat.commit()
    play(chat, seconds(140))
    assert (len(state.rooms), len(state.directory.people), len(state.uncommitted)) == (0, 1, 0)


def test_a_private_head_survives_eviction() -> None:
    chat = Chat()
    play(chat, hello(), joins("ann"), joins("bob"), opens("ann", "bob"))
    room = chat.direct_room("ann", "bob")
    play(chat, closes("bob"), says("ann", "1", room), seconds(700), says("ann", "2", room))
    play(chat, joins("bob"), joined("bob", private={room: 2}), restart(), hello())
    play(chat, joins("bob/2"), joined("bob", private={room: 2}))


def test_a_held_name_outlives_a_restart() -> None:
    chat = Chat()
    play(chat, hello(), joins("ann"), closes("ann"), restart(), hello())
    play(chat, joins("bob", user="ann"), joined("ann2"))


def test_the_number_of_evictable_rooms_is_limited() -> None:
    rooms = RoomTable(Settings(), 1)
    rooms.load(RoomFact(SYSTEM, "public", 1), 0.0)
    for number in range(KEEP_RECORDS + 5):
        rooms.load(RoomFact(f"r{number}", "public", 1), 0.0)
    rooms.evict(1.0, 0.0)
    assert len(rooms) == KEEP_RECORDS + 6, "nothing is on disk"
    rooms.evict(1.0, FOREVER)
    assert len(rooms) == KEEP_RECORDS
    assert rooms.get(SYSTEM) is not None
    rooms.evict(100.0, FOREVER)
    assert len(rooms) == 1


def test_the_people_of_a_large_gateway_leave_in_several_ticks() -> None:
    chat = Chat(lazy=True)
    play(chat, hello(), hello("g2"), joins("eve", gateway="g2"))
    for number in range(1200):
        command = Join(no=0, sid=f"s{number}", key=key_of(str(number)), room="lobby", user="u")
        chat.do(command)
    chat.commit()
    chat.alive.discard("g1")
    room = chat.room("lobby")
    assert room is not None
    play(chat, seconds(44.9))
    counts = []
    for _ in range(10):
        play(chat, seconds(0.05))
        counts.append(room.count)
    steps = {before - after for before, after in zip([1201, *counts], counts, strict=False)}
    assert counts[-1] == 1
    assert steps <= {0, 500, 200}
    play(chat, closes("eve", "g2"), seconds(20), joins("eve", gateway="g2"))
    play(chat, told("lobby", "join", "eve"))


def test_a_write_ledger_knows_since_when_writes_wait() -> None:
    ledger = WriteLedger()
    assert ledger.clean_before() == FOREVER
    ledger.hand_out(2, 1.0)
    ledger.hand_out(1, 2.0)
    ledger.committed(1)
    assert ledger.clean_before() == 1.0
    ledger.committed(1)
    assert ledger.clean_before() == 2.0
    ledger.committed(1)
    assert ledger.clean_before() == FOREVER


def test_uncommitted_messages_are_remembered_until_they_are_on_disk() -> None:
    uncommitted = Uncommitted()
    uncommitted.add_message(NeedSaid("r", "u", "1"), 1, 0.0, 5.0)
    uncommitted.add_message(NeedSaid("r", "u", "2"), 2, 0.0, 6.0)
    uncommitted.add_delete("r", 1, 3, 0.0, 6.0)
    uncommitted.forget(6.0)
    assert uncommitted.message(NeedSaid("r", "u", "1")) is None
    assert uncommitted.message(NeedSaid("r", "u", "2")) == SaidFact(2, 0.0)
    assert uncommitted.delete("r", 1) == SaidFact(3, 0.0)
    uncommitted.forget(FOREVER)
    assert len(uncommitted) == 0


def test_a_fact_is_used_once() -> None:
    facts = Facts()
    need = NeedSaid("r", "u", "i")
    facts.put(need, SaidFact(1, 2.0))
    facts.put(NeedRoom("r"), None)
    facts.mark_used([need])
    facts.keep_used()
    assert facts.said(need) == SaidFact(1, 2.0)
    facts.mark_used([need, NeedRoom("r")])
    facts.drop_used()
    assert need not in facts
    assert NeedRoom("r") not in facts
    facts.put(need, None)
    facts.forget(10.0)
    assert need in facts
    facts.forget(20.0)
    assert need not in facts


def test_a_person_who_is_loaded_again_has_heads_that_are_not_on_disk() -> None:
    chat = Chat(lazy=True)
    play(chat, hello(), joins("ann"), joins("bob"), opens("ann", "bob"), closes("bob"))
    chat.commit()
    play(chat, seconds(700))
    assert not chat.remembers("bob")
    room = chat.direct_room("ann", "bob")
    play(chat, says("ann", "x", room), joins("bob"), joined("bob", private={room: 1}))


def test_a_name_stays_held_until_the_store_knows_that_its_bearer_has_left() -> None:
    chat = Chat(lazy=True, name_hold=0.0)
    play(chat, hello(), joins("ann"), joins("bob"), closes("ann"), seconds(1))
    play(chat, opens("bob", "ann"), answered(Opened, user="ann"))
    chat.commit()
    play(chat, seconds(1), joins("cid", user="ann"), joined("ann"))


def test_a_crowd_is_still_one_after_a_restart() -> None:
    chat = Chat(crowd=2)
    play(chat, hello(), joins("ann"), joins("bob"), joins("cid"), joined("cid", head=2), restart())
    play(chat, returns("g1", ann=["lobby"], bob=["lobby"], cid=["lobby"]), answered(Done))
    play(chat, closes("cid"), answered(Done), nothing_else())
