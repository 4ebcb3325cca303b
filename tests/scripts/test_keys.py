from pathlib import Path

import pytest

from common.keys import broker_keys, make_pair, peer_keys
from scripts.keys import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUBBUB_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


def roles(folder: Path) -> dict[str, str]:
    keys = broker_keys(str(folder))
    assert keys is not None
    return dict(keys.roles)


def test_the_first_call_makes_the_keys_of_the_broker_and_of_this_host(folder: Path) -> None:
    assert main([]) == 0
    assert roles(folder) == {"admin": "admin", "local": "gateway"}
    assert sorted(path.name for path in folder.iterdir()) == [
        "admin.key",
        "admin.key_secret",
        "broker.key",
        "broker.key_secret",
        "local.key",
        "local.key_secret",
    ]
    assert peer_keys(str(folder)) is not None


def test_it_adds_names_and_overwrites_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 0
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["hostb", "hostb"]) == 0
    assert {path: path.read_bytes() for path in before} == before
    out = capsys.readouterr().out
    assert "copy broker.key and hostb.key_secret" in out
    for secret in folder.glob("*.key_secret"):
        assert secret.read_text().split('"')[3] not in out


def test_names_are_gateways_or_what_is_said(folder: Path) -> None:
    assert main(["hostb"]) == 0
    assert main(["loud", "louder", "--role", "publisher"]) == 0
    here = {"admin": "admin", "local": "gateway", "hostb": "gateway"}
    assert roles(folder) == {**here, "loud": "publisher", "louder": "publisher"}


def test_a_key_that_is_there_gets_another_role_and_stays_the_same_key(folder: Path) -> None:
    assert main(["loud", "--role", "publisher"]) == 0
    before = peer_keys(str(folder), "loud")
    assert main(["loud", "--role", "monitor"]) == 0
    assert main(["loud"]) == 0
    assert roles(folder)["loud"] == "monitor"
    assert peer_keys(str(folder), "loud") == before


def test_a_key_made_before_there_were_roles_is_a_gateways_until_said_otherwise(
    folder: Path,
) -> None:
    make_pair(folder, "broker")
    make_pair(folder, "old")
    keys = broker_keys(str(folder))
    assert keys is not None
    assert (keys.roles, keys.without_role) == ({"old": "gateway"}, ("old",))
    assert main(["old", "--role", "moderator"]) == 0
    assert roles(folder)["old"] == "moderator"


@pytest.mark.parametrize("arguments", [["--role", "admin"], ["broker", "--role", "admin"]])
def test_a_role_needs_a_peer(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not folder.exists()


def test_a_bad_name_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["../x"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("in the way")
    assert main([]) == 1
    assert capsys.readouterr().err.count("\n") == 1
