"""A gateway on another host: the right key gets in, a wrong one or none does not."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.processes import free_port
from tests.support.surroundings import run_module
from tests.support.system import System

HOST = "127.0.0.2"
"""Another address of this machine stands for host A."""


def make_keys(folder: Path) -> None:
    done = run_module("scripts.keys", "host-b", HUBBUB_KEYS=str(folder))
    assert done.returncode == 0, done.stderr


def for_host_b(made: Path, folder: Path, owner: Path | None = None) -> str:
    """Makes the folder of keys of host B: the broker's public key of `made`, and B's secret key of
    `owner`, or of `made` as well."""
    folder.mkdir(mode=0o700)
    shutil.copy(made / "broker.key", folder)
    shutil.copy((owner or made) / "host-b.key_secret", folder)
    return str(folder)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Path]]:
    folder = tmp_path_factory.mktemp("keyed")
    made = folder / "keys"
    make_keys(made)
    commands, events = free_port(), free_port()
    system = System(
        folder,
        HUBBUB_KEYS=str(made),
        HUBBUB_BIND=f"tcp://{HOST}:{commands}",
        HUBBUB_EVENTS_BIND=f"tcp://{HOST}:{events}",
        HUBBUB_BROKER=f"tcp://{HOST}:{commands}",
    )
    system.gateways[0].settings["HUBBUB_KEYS"] = for_host_b(made, folder / "b")
    with system:
        yield system, made


def test_secret_keys_are_for_their_owner_only(keyed) -> None:
    _, made = keyed
    secrets = list(made.glob("*.key_secret"))
    assert len(secrets) >= 2
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}


async def test_the_right_key_gets_in(keyed, visit, name, room) -> None:
    system, made = keyed
    ann = await visit(system.url, name("ann"), room)
    await ann.say(room, "over a secret wire")
    await ann.hears_text("over a secret wire")
    settings = {**system.settings, "HUBBUB_KEYS": str(made)}
    done = await asyncio.to_thread(run_module, "scripts.announce", "hear, hear", **settings)
    assert done.returncode == 0, done.stderr
    await ann.hears(lambda e: e["EvtType"] == "announce" and e["Text"] == "hear, hear")


@pytest.mark.parametrize("key", ["wrong", "none"])
async def test_other_keys_stay_out(keyed, tmp_path, visit, name, room, key: str) -> None:
    system, made = keyed
    keys = ""
    if key == "wrong":
        other = tmp_path / "other"
        await asyncio.to_thread(make_keys, other)
        keys = for_host_b(made, tmp_path / "b", owner=other)
    settings = {**system.settings, "HUBBUB_KEYS": keys}
    done = await asyncio.to_thread(run_module, "scripts.announce", "psst", **settings)
    assert done.returncode == 1, done.stdout
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    stranger = System(tmp_path, **settings).gateways[0]
    await asyncio.to_thread(stranger.start, False)
    try:
        await asyncio.to_thread(stranger.wait_ready, 503)
        ann = await visit(system.url, name("ann"), room)
        await ann.say(room, "undisturbed")
        await ann.is_up_to_date()
        assert "psst" not in str(ann.heard)
        assert (await asyncio.to_thread(stranger.get, "/readyz"))[0] == 503
        await asyncio.to_thread(stranger.stop)
    finally:
        stranger.kill()


def test_hubbub_insecure_allows_to_listen_beyond_loopback_without_keys(tmp_path) -> None:
    system = System(tmp_path)
    port = free_port("0.0.0.0")
    system.broker.settings |= {"HUBBUB_BIND": f"tcp://0.0.0.0:{port}", "HUBBUB_INSECURE": "1"}
    system.gateways[0].settings["HUBBUB_BROKER"] = f"tcp://127.0.0.1:{port}"
    with system:
        assert all(process.running for process in system.processes)
