"""broker.shell.subscriptions: gateways subscribe what they need, other connections are cut off."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.shell.subscriptions import UNKNOWN_TOPICS
from common.messages import events_topic, presence_topic, typing_topic
from tests.support.broker_peer import Peer
from tests.support.running_broker import Running, broker

MOST = 1_200


@pytest.fixture
async def state() -> AsyncIterator[Running]:
    async with broker(topics=MOST) as running:
        yield running


@pytest.fixture
async def peer(state: Running) -> AsyncIterator[Peer]:
    async with Peer(state.endpoint) as peer:
        yield peer


def cut_off(state: Running) -> int:
    return int(state.metrics.refused_subscriptions._value.get())


async def until_cut_off(state: Running) -> None:
    async with asyncio.timeout(5):
        while not cut_off(state):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_gateway_has_the_topics_of_its_rooms(state: Running, peer: Peer) -> None:
    await peer.hello("g1")
    rooms = [f"room-{number}" for number in range(MOST // 3 - 1)]
    for room in [*rooms, "हिन्दी" * 10]:
        peer.sub.subscribe(presence_topic(room))
        peer.sub.subscribe(typing_topic(room))
    assert (await peer.take_up("lobby")).head == 0
    for room in rooms:  # an unsubscribed topic no longer counts
        peer.sub.unsubscribe(typing_topic(room))
        peer.sub.subscribe(events_topic(room))
    assert (await peer.take_up("garden")).head == 0
    assert cut_off(state) == 0


async def test_a_gateway_with_more_topics_than_the_setting_says_is_cut_off(
    state: Running, peer: Peer
) -> None:
    await peer.hello("g1")
    await peer.take_up("lobby")
    for number in range(MOST):
        peer.sub.subscribe(events_topic(f"room-{number}"))
    await until_cut_off(state)


async def test_a_connection_that_is_not_a_gateways_may_have_few_topics(
    state: Running, peer: Peer
) -> None:
    await peer.hello("")
    for number in range(UNKNOWN_TOPICS + 1):
        peer.sub.subscribe(events_topic(f"room-{number}"))
    await until_cut_off(state)


@pytest.mark.parametrize(
    "topic",
    [
        *("", "e", "events/", "events/\0", "events/lobby", "gateway/", "gateway/\0"),
        *("events/@Yd8w2mA0c1Qr5Tt7Kx9Zbe\0", "gateway/nobody\0", "gateway/g\xe4\0", "other/x\0"),
        *("events/a\0b\0", f"events/{'x' * 300}\0"),
    ],
)
async def test_a_connection_that_subscribes_an_invalid_topic_is_cut_off(
    state: Running, peer: Peer, topic: str
) -> None:
    await peer.hello("g1")
    await peer.take_up("lobby")
    peer.sub.subscribe(topic)
    await until_cut_off(state)


async def test_cutting_off_a_connection_harms_no_other(state: Running, peer: Peer) -> None:
    async with Peer(state.endpoint) as other:
        await peer.hello("g1")
        await peer.join("ann")
        await peer.take_up("lobby")
        await other.hello("")
        other.sub.subscribe("")
        await until_cut_off(state)
        await peer.say("undisturbed", "x")
        assert await peer.hear_texts(1) == ["undisturbed"]


async def test_connections_over_ipc_are_cut_off_too(tmp_path: Path) -> None:
    ends = (f"ipc://{tmp_path}/commands", f"ipc://{tmp_path}/events")
    async with (
        broker(ends=ends) as state,
        Peer(state.endpoint) as peer,
        Peer(state.endpoint) as other,
    ):
        await peer.hello("g1")
        await peer.join("ann")
        await peer.take_up("lobby")
        await other.hello("")
        other.sub.subscribe("")
        await until_cut_off(state)
        await peer.say("undisturbed", "x")
        assert await peer.hear_texts(1) == ["undisturbed"]
