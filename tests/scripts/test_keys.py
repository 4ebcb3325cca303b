from pathlib import Path

import pytest

from common.keys import peer_keys
from scripts.keys import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUBBUB_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


def test_it_makes_the_brokers_and_a_local_pair(folder: Path) -> None:
    assert main([]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
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


def test_a_bad_name_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["../x"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("in the way")
    assert main([]) == 1
    assert capsys.readouterr().err.count("\n") == 1
