import os
import shutil
import stat
from pathlib import Path

import pytest

from common.keys import (
    ADMIN,
    LOCAL,
    BrokerKeys,
    KeysError,
    PeerKeys,
    Role,
    broker_keys,
    make_pair,
    peer_keys,
    set_role,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "keys"
    for name in ("broker", "local", "hostb"):
        assert make_pair(made, name)
    return made


def the_broker(folder: Path) -> BrokerKeys:
    keys = broker_keys(str(folder))
    assert keys is not None
    return keys


def the_peer(folder: Path, name: str = "") -> PeerKeys:
    keys = peer_keys(str(folder), name)
    assert keys is not None
    return keys


def test_both_sides_know_each_other(folder: Path) -> None:
    broker = the_broker(folder)
    assert sorted(broker.peers.values()) == ["hostb", "local"]
    for name in ("local", "hostb"):
        peer = the_peer(folder, name)
        assert broker.peers[peer.own.public] == name
        assert peer.broker == broker.own.public


def test_without_folder_there_are_no_keys() -> None:
    assert broker_keys("") is None
    assert peer_keys("") is None


def test_only_the_owner_may_read_a_secret(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for secret in folder.glob("*.key_secret"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{name}.{kind}" for name in ("broker", "hostb", "local") for kind in ("key", "key_secret")
    ]


def test_a_secret_is_not_shown_by_accident(folder: Path) -> None:
    for keys in (the_broker(folder), the_peer(folder)):
        assert keys.own.secret.decode() not in repr(keys)


def test_nothing_is_overwritten(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert not make_pair(folder, "local")
    (folder / "hostb.key_secret").unlink()
    assert not make_pair(folder, "hostb")
    before.pop(folder / "hostb.key_secret")
    assert before == {path: path.read_bytes() for path in folder.iterdir()}


def test_a_peer_is_local_or_the_only_one_or_the_one_that_is_named(folder: Path) -> None:
    local, hostb = the_peer(folder, "local"), the_peer(folder, "hostb")
    assert the_peer(folder) == local
    (folder / "local.key_secret").unlink()
    assert the_peer(folder) == hostb
    make_pair(folder, "hostc")
    with pytest.raises(KeysError, match="HUBBUB_KEY"):
        peer_keys(str(folder))
    assert the_peer(folder, "hostb") == hostb


def test_a_script_prefers_the_key_for_scripts(folder: Path) -> None:
    assert peer_keys(str(folder), "", (ADMIN, LOCAL)) == the_peer(folder, "local")
    make_pair(folder, ADMIN, "admin")
    assert peer_keys(str(folder), "", (ADMIN, LOCAL)) == the_peer(folder, ADMIN)
    assert the_peer(folder) == the_peer(folder, "local")


def test_roles_are_read_from_the_public_file_and_changed_there(folder: Path) -> None:
    assert the_broker(folder).roles == {"hostb": "gateway", "local": "gateway"}
    assert the_broker(folder).without_role == ("hostb", "local")
    key, mode = the_peer(folder, "hostb"), (folder / "hostb.key").stat().st_mode
    roles: tuple[Role, ...] = ("publisher", "monitor", "gateway")
    for role in roles:
        set_role(folder, "hostb", role)
        assert the_broker(folder).roles["hostb"] == role
        assert (folder / "hostb.key").read_text().count("role") == 1
    assert the_broker(folder).without_role == ("local",)
    assert the_broker(folder).peers[key.own.public] == "hostb"
    assert (folder / "hostb.key").stat().st_mode == mode


@pytest.mark.parametrize("line", ['role = "king"', 'role = ""', 'role = "admin"\nrole = "gateway"'])
def test_an_unknown_role_is_an_error(folder: Path, line: str) -> None:
    path = folder / "hostb.key"
    path.write_text(path.read_text().replace("metadata\n", f"metadata\n{line}\n"))
    with pytest.raises(KeysError, match=r"hostb\.key has the role") as caught:
        the_broker(folder)
    assert "\n" not in str(caught.value)


def test_a_missing_key_gets_no_role(folder: Path) -> None:
    with pytest.raises(KeysError, match="nobody"):
        set_role(folder, "nobody", "admin")
    (folder / "hostb.key").write_text("public-key = nothing")
    with pytest.raises(KeysError, match="hostb"):
        set_role(folder, "hostb", "admin")


def test_two_files_are_enough_for_another_host(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for name in ("broker.key", "hostb.key_secret"):
        shutil.copy(folder / name, there)
    assert the_peer(there) == the_peer(folder, "hostb")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a b", "x" * 41, "a\n", "-a"])
def test_a_name_that_cannot_be_a_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeysError, match="cannot be a name"):
        make_pair(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["broker", "nobody", "../keys/local"])
def test_a_missing_key_is_an_error(folder: Path, name: str) -> None:
    with pytest.raises(KeysError, match="has no") as caught:
        peer_keys(str(folder), name)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_a_key_is_an_error(folder: Path) -> None:
    for path in ("broker.key", "local.key_secret"):
        (folder / path).write_text("nothing of use")
        with pytest.raises(KeysError, match=path):
            peer_keys(str(folder))
        (folder / path).unlink()
        with pytest.raises(KeysError):
            peer_keys(str(folder), "local")
    with pytest.raises(KeysError, match="not a folder"):
        broker_keys(str(folder / "none"))


def test_a_public_key_in_the_place_of_a_secret_one_is_an_error(folder: Path) -> None:
    (folder / "broker.key_secret").write_bytes((folder / "broker.key").read_bytes())
    with pytest.raises(KeysError, match="no secret"):
        broker_keys(str(folder))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_refused(folder: Path, mode: int) -> None:
    for name in ("broker", "local"):
        (folder / f"{name}.key_secret").chmod(mode)
    for use in (broker_keys, peer_keys):
        with pytest.raises(KeysError, match=rf"\(mode {mode:04o}\): chmod 600") as caught:
            use(str(folder))
        assert "\n" not in str(caught.value)
    for path in folder.glob("*.key_secret"):
        path.chmod(0o400)
    assert the_broker(folder).own
    assert the_peer(folder).own


def test_a_secret_of_another_owner_may_be_shared_with_us(folder: Path, monkeypatch) -> None:
    (folder / "local.key_secret").chmod(0o640)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert the_peer(folder).own
