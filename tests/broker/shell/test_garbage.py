"""broker.shell.garbage: what lives long is not looked at, and what the core drops needs no
collector."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from broker.shell import garbage
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


class Ring:
    """A cycle."""

    def __init__(self) -> None:
        self.me = self


def test_what_is_there_is_not_looked_at_and_goes_all_the_same() -> None:
    kept = [set[int]() for _ in range(1000)]
    garbage.settle()
    assert gc.get_freeze_count() >= 1000
    gone = weakref.ref(kept[0])
    del kept[0]
    assert gone() is None


def test_a_core_that_was_given_up_goes() -> None:
    gc.disable()
    ring = weakref.ref(Ring())
    garbage.settle()
    with garbage.away():
        assert not gc.isenabled()
    assert ring() is None
    assert gc.isenabled()


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
    assert len(chat.core.state.directory.people) == 0
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    assert [one for one in gc.garbage if type(one).__module__.startswith("broker.")] == []
