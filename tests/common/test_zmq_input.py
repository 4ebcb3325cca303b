"""common/zmq_input.py: input is noticed though sending has eaten the signal."""

import asyncio
from collections.abc import Iterator

import pytest
import zmq

from common.zmq_input import InputWatch, has_input
from common.zmq_sockets import ZmqSocket


@pytest.fixture
def pair() -> Iterator[tuple[ZmqSocket, ZmqSocket]]:
    """Two connected sockets."""
    context: zmq.Context[ZmqSocket] = zmq.Context()
    here, there = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    here.bind("inproc://pair")
    there.connect("inproc://pair")
    yield here, there
    here.close(linger=0)
    there.close(linger=0)
    context.term()


async def test_a_socket_with_input_is_told_of(pair: tuple[ZmqSocket, ZmqSocket]) -> None:
    here, there = pair
    told: asyncio.Queue[ZmqSocket] = asyncio.Queue()
    watch = InputWatch(told.put_nowait)
    watch.add(here)
    watch.look(here)
    assert told.empty()
    there.send(b"one")
    assert await told.get() is here
    assert here.recv() == b"one"
    watch.close()


async def test_input_whose_signal_was_eaten_is_found_by_a_look(
    pair: tuple[ZmqSocket, ZmqSocket],
) -> None:
    here, there = pair
    told: list[ZmqSocket] = []
    watch = InputWatch(told.append)
    watch.add(here)
    there.send(b"one")
    here.send(b"two")
    assert has_input(here)
    watch.look(here)
    assert told == [here]
    assert here.recv() == b"one"
    watch.look(here)
    assert told == [here]
    watch.close()
