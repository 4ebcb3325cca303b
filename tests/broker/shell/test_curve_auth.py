"""broker/shell/curve_auth.py: only peers with a key in the broker's folder may connect."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from common.keys import ROLES, PeerKeys, Role, broker_keys, make_pair, peer_keys
from common.messages import (
    WIRE,
    Bye,
    GetHeads,
    GetNames,
    GetPage,
    Hello,
    Join,
    Register,
    Said,
    Say,
    SessionInfo,
    TakeUp,
    Welcome,
)
from tests.support.broker_peer import Peer, refused
from tests.support.running_broker import broker


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("broker", "local", "hostb"):
        make_pair(tmp_path, name)
    return tmp_path


def keys_of(folder: Path, name: str) -> PeerKeys:
    keys = peer_keys(str(folder), name)
    assert keys is not None
    return keys


async def test_a_peer_with_a_known_key_may_connect_and_is_named(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with (
        broker(keys=broker_keys(str(folder))) as state,
        Peer(state.endpoint, keys_of(folder, "hostb")) as peer,
    ):
        await peer.hello("g1")
        await peer.join("ann")
        await peer.take_up("lobby")
        assert isinstance(await peer.say("hi", "x"), Said)
        assert await peer.hear_texts(1) == ["hi"]
    assert "hello from gateway 'g1' with the key hostb" in caplog.text
    for name in ("local", "hostb"):
        assert keys_of(folder, name).own.secret.decode() not in caplog.text


async def test_peers_with_other_keys_may_not_connect(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    make_pair(elsewhere, "broker")
    make_pair(elsewhere, "mallory")
    true, stranger = keys_of(folder, "local"), keys_of(elsewhere, "mallory")
    unknown = PeerKeys(stranger.own, true.broker)
    misled = PeerKeys(true.own, stranger.broker)
    async with (
        broker(keys=broker_keys(str(folder))) as state,
        Peer(state.endpoint, true) as peer,
    ):
        await peer.hello()
        for keys in (None, unknown, misled):
            async with Peer(state.endpoint, keys) as outsider:
                with suppress(TimeoutError):  # refused so early that it cannot send
                    async with asyncio.timeout(0.3):
                        await outsider.send_hello()
                assert not await outsider.dealer.poll(300)
        await peer.join("ann")


@pytest.mark.parametrize("role", [role for role in ROLES if role != "gateway"])
async def test_other_roles_cannot_act_for_people_or_receive_broadcasts(
    folder: Path, role: Role
) -> None:
    make_pair(folder, "other", role)
    async with (
        broker(keys=broker_keys(str(folder))) as state,
        Peer(state.endpoint, keys_of(folder, "hostb")) as gateway,
        Peer(state.endpoint, keys_of(folder, "other")) as other,
    ):
        await gateway.hello("g1")
        ann = await gateway.join("ann")
        await gateway.take_up("lobby")
        welcome = await other.hello("")
        assert isinstance(welcome, Welcome)
        session = SessionInfo(sid="s1", uid=ann.uid, plain=False, rooms=["lobby"])
        for kind, fields in (
            (Hello, {"wire": WIRE, "gateway": "g1"}),
            (Hello, {"wire": WIRE, "gateway": "mine"}),
            (Register, {"sessions": [session], "last": True}),
            (Join, {"sid": "s1", "key": "b" * 64, "room": "lobby", "user": "eve"}),
            (Say, {"sid": "s1", "room": "lobby", "text": "I am ann", "id": "x"}),
            (GetPage, {"room": "lobby"}),
            (GetHeads, {"rooms": ["lobby"]}),
            (TakeUp, {"topics": ["events/lobby\0"], "nonce": "n"}),
            (GetNames, {"room": "lobby"}),
            (Bye, {}),
        ):
            answer = await other.ask(kind, **fields)
            assert refused(answer) == "forbidden", answer
            assert f"the key other has the role {role}" in answer.message
        other.sub.subscribe("")
        assert isinstance(await gateway.say("for ann's room", "y"), Said)
        assert await gateway.hear_texts(1) == ["for ann's room"]
        assert not await other.sub.poll(300)
        assert b"hubbub_broker_refused_commands_total 10.0" in state.metrics.text()
        assert b"hubbub_broker_refused_peers_total 0.0" not in state.metrics.text()
