"""Starts that cannot work: status 1 and one line that says why, at once."""

import socket
import sqlite3
from pathlib import Path

import pytest

from scripts.processes import free_port
from tests.support.surroundings import run_module
from tests.support.system import System


def settings_of(folder: Path, **more: str) -> dict[str, str]:
    return {**System(folder).settings, "PORT": str(free_port()), **more}


def fails(module: str, *, names: str, **settings: str) -> str:
    """Runs a module, which must end with status 1 and one line that has `names` in it."""
    done = run_module(module, **settings)
    assert done.returncode == 1, f"status {done.returncode}: {done.stdout}{done.stderr}"
    lines = [line for line in (done.stderr + done.stdout).strip().splitlines() if line.strip()]
    assert len(lines) == 1, "\n".join(lines)
    assert names.casefold() in lines[0].casefold(), lines[0]
    return str(lines[0])


@pytest.mark.parametrize("module", ["broker", "gateway"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("HUBBUB_PROT", "4000"),
        ("PORT", "four thousand"),
        ("HUBBUB_REPLAY", "many"),
        ("HUBBUB_BIND", "tcp://127.0.0.1"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, module: str, key: str, value: str) -> None:
    fails(module, names=key, **settings_of(tmp_path, **{key: value}))


@pytest.mark.parametrize("key", ["HUBBUB_BIND", "HUBBUB_EVENTS_BIND"])
def test_beyond_loopback_without_keys_is_refused(tmp_path, key: str) -> None:
    settings = settings_of(tmp_path, **{key: f"tcp://0.0.0.0:{free_port()}"})
    fails("broker", names="HUBBUB_", **settings)


@pytest.mark.parametrize("key", ["HUBBUB_BIND", "HUBBUB_EVENTS_BIND", "HUBBUB_BROKER_HTTP"])
def test_a_busy_port_of_the_broker(tmp_path, key: str) -> None:
    settings = settings_of(tmp_path)
    port = int(settings[key].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        fails("broker", names=str(port), **settings)


def test_a_busy_port_of_the_gateway(tmp_path, hubbub: System) -> None:
    taken = hubbub.gateways[0].http.rpartition(":")[2]
    fails("gateway", names=taken, **{**hubbub.settings, "PORT": taken})


def test_two_brokers_do_not_share_a_store(tmp_path, hubbub: System) -> None:
    settings = settings_of(tmp_path, HUBBUB_STORE=hubbub.settings["HUBBUB_STORE"])
    fails("broker", names="hubbub.db", **settings)


@pytest.mark.parametrize(
    "content", [b"this is no database" * 500, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_store_that_is_no_database(tmp_path, content: bytes) -> None:
    settings = settings_of(tmp_path)
    path = Path(settings["HUBBUB_STORE"].removeprefix("sqlite:"))
    path.write_bytes(content)
    fails("broker", names="hubbub.db", **settings)
    assert path.read_bytes() == content, "it is left as it was"


def test_a_database_of_something_else(tmp_path) -> None:
    settings = settings_of(tmp_path)
    path = settings["HUBBUB_STORE"].removeprefix("sqlite:")
    with sqlite3.connect(path) as database:
        database.execute("create table recipes (title text)")
    database.close()
    fails("broker", names="hubbub.db", **settings)


def test_a_database_of_another_version(tmp_path) -> None:
    system = System(tmp_path)
    system.broker.start()
    system.broker.stop()
    with sqlite3.connect(system.settings["HUBBUB_STORE"].removeprefix("sqlite:")) as database:
        [[version]] = database.execute("pragma user_version").fetchall()
        assert version > 0, "the store has its version in user_version"
        database.execute(f"pragma user_version = {version + 98}")
    database.close()
    line = fails("broker", names=str(version + 98), **system.settings)
    assert "hubbub.db" in line


@pytest.mark.parametrize(
    "store", ["sqlite:/no/such/folder/at/all\0/x.db", "oracle:x", "sqlite:", "nonsense"]
)
def test_a_store_that_cannot_be(tmp_path, store: str) -> None:
    if "\0" in store:
        blocker = tmp_path / "a-file"
        blocker.write_text("in the way")
        store = f"sqlite:{blocker}/x.db"
    fails("broker", names="", **settings_of(tmp_path, HUBBUB_STORE=store))


def test_a_folder_of_keys_that_is_not_there(tmp_path) -> None:
    settings = settings_of(tmp_path, HUBBUB_KEYS=str(tmp_path / "nowhere"))
    fails("broker", names="nowhere", **settings)
    fails("gateway", names="nowhere", **settings)
