"""The core needs no garbage collector: what it drops is in no circle (common/gc_policy.py)."""

import gc
from collections.abc import Iterator

import pytest

from tests.support.broker_playbook import (
    Chat,
    closes,
    drops,
    hello,
    joins,
    leaves,
    opens,
    play,
    returns,
    says,
    seconds,
    silence,
)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.unfreeze()
    gc.set_threshold(*before)
    gc.enable()


def test_the_core_drops_nothing_in_circles() -> None:
    chat = Chat(name_hold=1.0)
    play(chat, hello(), hello("g2"))
    gc.collect()
    gc.disable()
    for _ in range(3):
        play(chat, joins("ann"), joins("bob", "tea"), joins("cid", gateway="g2"), says("ann", "x"))
        play(chat, opens("ann", "bob"), joins("ann", user="eve"), leaves("bob", "tea"))
        play(chat, drops("ann"), seconds(6), closes("bob"), silence("g2"), seconds(120))
        play(chat, returns("g2"), joins("ann/2", "tea"), closes("ann/2"), seconds(70))
    assert len(chat.state.directory.people) == 0
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    assert [one for one in gc.garbage if type(one).__module__.startswith("broker.")] == []
