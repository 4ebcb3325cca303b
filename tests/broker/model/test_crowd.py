"""broker.model.crowd, in a core: what a crowd costs, and when a room is a crowd."""

import json
import sys
from types import FrameType
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from broker.effects import Publish, Send
from common.codec import encode
from common.messages import Done, Happened, Join, Joined, Presence
from tests.support.broker_playbook import (
    Chat,
    answered,
    closes,
    hello,
    joined,
    joins,
    key_of,
    nothing_else,
    play,
    presence,
    seconds,
    told,
)


def come(chat: Chat, person: int, gateway: str = "g1") -> None:
    command = Join(no=0, sid=f"s{person}", key=key_of(str(person)), room="hall", user=f"p{person}")
    chat.do(command, gateway)


def filled(people: int) -> Chat:
    """A chat with a crowd: so many people have joined the hall at once."""
    chat = Chat()
    play(chat, hello())
    for person in range(people):
        come(chat, person)
    play(chat, seconds(20))
    chat.seen.clear()
    return chat


def steps_and_bytes(chat: Chat, person: int) -> tuple[int, int]:
    """What one join costs: the number of functions that the core calls, and of bytes that it
    sends."""
    calls = 0

    def count(frame: FrameType, what: str, arg: Any) -> None:
        nonlocal calls
        calls += what in ("call", "c_call")

    chat.seen.clear()
    peer, core = b"g1", chat.core
    command = Join(no=1, sid=f"n{person}", key=key_of(f"n{person}"), room="hall", user="newcomer")
    needs = core.needs(peer, command)
    core.learn(needs, chat.shelf.learn(needs))
    sys.setprofile(count)
    try:
        effects = core.handle(peer, command, chat.now, chat.wall)
    finally:
        sys.setprofile(None)
    told = [e.answer if isinstance(e, Send) else e.message for e in effects
            if isinstance(e, Send | Publish)]  # fmt: skip
    chat._take(effects)
    return calls, sum(len(encode(message)) for message in told)


def test_a_join_costs_the_same_in_a_small_crowd_and_in_a_huge_one() -> None:
    small, huge = filled(100), filled(50_000)
    costs = [steps_and_bytes(chat, 0) for chat in (small, huge)]
    (few_calls, few_bytes), (many_calls, many_bytes) = costs
    assert many_calls < 1.2 * few_calls
    assert many_bytes < 1.2 * few_bytes


def test_ten_thousand_joins_in_ten_seconds_cost_less_than_20_mb() -> None:
    """The bytes of presence and of join events, summed over all browsers."""
    chat = Chat()
    play(chat, hello())
    here = total = counts = 0
    for tick in range(240):
        chat.seen.clear()
        for person in range(50 * tick, min(10_000, 50 * tick + 50)):
            come(chat, person)
        chat.wait(0.05)
        for seen in chat.seen:
            match seen:
                case Send(answer=Joined() as joined):
                    here += 1
                    total += in_browser("joined", joined)
                case Publish(message=Presence() as news):
                    total += here * in_browser("presence", news)
                    counts += 1
                case Publish(message=Happened(events=events)):
                    total += here * sum(in_browser("chat", event) for event in events)
    assert here == 10_000
    assert counts <= 12
    assert total < 20_000_000, total


def in_browser(name: str, message: Struct) -> int:
    """About how many bytes the message is in a browser's frame, where its keys are a little
    longer."""
    return len(json.dumps([name, asdict(message)])) + 50


def test_of_joins_and_leaves_in_a_crowd_only_the_count_is_published() -> None:
    chat = filled(6_000)
    for person in range(6_000, 6_100):
        come(chat, person)
    play(chat, closes("s1"), answered(Done), nothing_else())
    play(chat, seconds(1.15), nothing_else())
    play(chat, seconds(0.1), presence("hall", count=6_099), nothing_else())


def test_a_room_is_a_crowd_until_it_is_small_and_calm() -> None:
    chat = Chat(crowd=50)
    play(chat, hello())
    for person in range(51):
        come(chat, person)
        chat.wait(0.1)
    play(chat, joins("ann", "hall"), joined("ann", "hall"), nothing_else())
    for person in range(31):  # ten leaves a second are not calm, however few people remain
        play(chat, closes(f"s{person}"), answered(Done), nothing_else(), seconds(0.09))
    play(chat, seconds(4.5), closes("s31"), answered(Done), nothing_else(), seconds(2))
    play(chat, presence("hall", count=20), nothing_else())
    play(chat, closes("s32"), told("hall", "leave", "p32"), seconds(0.3))
    play(chat, presence("hall", left=["p32"], count=19))
