"""broker.model.entry_limiter: entering rooms is free for people who use rooms, and limited for
people who flood them."""

from broker.model.entry_limiter import EntryLimiter
from common.messages import Failed, Leave
from tests.support.broker_playbook import (
    Chat,
    asks,
    closes,
    hello,
    joined,
    joins,
    nothing_else,
    play,
    refused,
    seconds,
    silence,
)


def leaves(room: str):
    return asks(Leave(no=0, sid="ann", room=room))


def test_a_socket_joins_as_many_rooms_as_it_may_at_once_and_not_thousands_more() -> None:
    chat = Chat(message_rate=10.0, socket_rooms=100)
    play(chat, hello(), joins("ann", "r0"))
    for number in range(1, 100):
        play(chat, joins("ann", f"r{number}"), joined("ann", f"r{number}"))
    for number in range(100):
        play(chat, leaves(f"r{number}"))
    made = 0
    for number in range(1000):
        play(chat, joins("ann", f"more{number}"))
        if any(isinstance(getattr(one, "answer", None), Failed) for one in chat.seen):
            break
        made += 1
        play(chat, leaves(f"more{number}"))
    assert made <= 2


def test_a_client_that_reconnects_with_all_its_rooms_does_not_wait() -> None:
    chat = Chat(message_rate=10.0, socket_rooms=100)
    rooms = [f"r{number}" for number in range(100)]
    play(chat, hello())
    for _ in range(3):
        for room in rooms:
            play(chat, joins("ann", room), joined("ann", room))
        play(chat, closes("ann"))


def test_somebody_who_enters_and_leaves_all_the_time_has_to_wait() -> None:
    chat = Chat(message_rate=1.0, message_burst=4, leave_grace=5.0)
    play(chat, hello(), joins("ann", "tea"))
    for _ in range(4):
        play(chat, leaves("tea"), joins("ann", "tea"), joined("ann", "tea"))
    play(chat, leaves("tea"), joins("ann", "tea"), refused("rate_limited"))
    play(chat, seconds(2.1), joins("ann", "tea"), joined("ann", "tea"))


def test_after_a_minute_a_return_is_free_again() -> None:
    limiter = EntryLimiter()
    for _ in range(5):
        limiter.on_leave("tea", 10.0)
    assert (limiter.cost("tea", 69.0), limiter.cost("pot", 69.0), limiter.cost("tea", 70.0)) == (
        2,
        0,
        0,
    )


def test_a_return_by_another_gateway_is_free() -> None:
    chat = Chat(message_rate=1.0, message_burst=1, socket_rooms=3)
    rooms = ["r0", "r1", "r2"]
    play(chat, hello(), *(joins("ann", room) for room in rooms))
    play(chat, silence("g1"), hello("g2"), *(joins("ann", room, gateway="g2") for room in rooms))
    play(chat, joined("ann", "r2"), nothing_else())


def test_one_person_who_enters_and_leaves_makes_no_crowd() -> None:
    chat = Chat(crowd_joins=5)
    play(chat, hello(), joins("bob", "tea"), joins("ann", "tea"))
    for _ in range(20):
        play(chat, leaves("tea"), joins("ann", "tea"), seconds(0.04))
    assert not chat.room("tea").crowd.active
    for number in range(6):
        play(chat, joins(f"p{number}", "tea"))
    assert chat.room("tea").crowd.active
