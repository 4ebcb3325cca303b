"""The packaging: what containers, locks and README say is what the code does."""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from honcho.environ import expand_processes, parse, parse_procfile

from common.settings import Settings, read_settings
from common.zmq_sockets import is_local

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest) pairs."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def image_environment() -> dict[str, str]:
    (env,) = (rest for name, rest in instructions() if name == "ENV")
    return dict(pair.split("=", 1) for pair in env.split())


def settings_of(service: str) -> Settings:
    """As the process in this container reads them; raises if a name or a value is wrong."""
    return read_settings({**image_environment(), **SERVICES[service].get("environment", {})})


def module_exists(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return (path / "__main__.py").is_file() or path.with_suffix(".py").is_file()


def test_procfile_has_the_gateway_first_and_the_port_is_4000() -> None:
    processes = parse_procfile((ROOT / "Procfile").read_text()).processes
    assert list(processes) == ["gateway", "broker"]
    for name, command in processes.items():
        assert command == f"exec python -m {name}"
        assert module_exists(name)
    env = parse((ROOT / ".env").read_text())
    assert env == {"PORT": str(Settings().port)}
    three = expand_processes(processes, concurrency={"gateway": 3, "broker": 1}, env=env)
    ports = [p.env["PORT"] for p in three if p.name.startswith("gateway")]
    assert ports == ["4000", "4001", "4002"]


def test_the_image_runs_as_nobody_special() -> None:
    steps = instructions()
    users = [rest for name, rest in steps if name == "USER"]
    assert users == ["hubbub"]
    assert ("RUN", "useradd --uid 10001 --create-home hubbub") in steps
    after = [name for name, _ in steps[steps.index(("USER", "hubbub")) :]]
    assert "RUN" not in after


def test_the_image_holds_what_runs_and_no_more() -> None:
    steps = instructions()
    (base,) = (rest for name, rest in steps if name == "FROM")
    assert re.fullmatch(r"python:3\.(1[1-4])-slim", base)
    copied = {rest.split()[0] for name, rest in steps if name == "COPY"}
    assert copied == {"requirements.lock", "common", "broker", "gateway", "scripts", "static"}
    for path in copied:
        assert (ROOT / path).exists()
    (install,) = (rest for name, rest in steps if name == "RUN" and rest.startswith("pip"))
    assert "--require-hashes" in install
    kept = (ROOT / ".dockerignore").read_text().split("\n")
    assert {line[1:] for line in kept if line.startswith("!")} == copied
    assert "*" in kept


def test_the_image_is_a_gateway_that_knows_its_health() -> None:
    steps = dict(instructions())
    environ = image_environment()
    settings = read_settings(environ)
    assert settings.host == "0.0.0.0"
    assert steps["EXPOSE"] == environ["PORT"] == str(settings.port)
    assert json.loads(steps["CMD"]) == ["python", "-m", "gateway"]
    check = json.loads(steps["HEALTHCHECK"].partition("CMD ")[2])
    assert check == ["python", "-m", "scripts.health", "gateway"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_what_there_is_with_settings_that_there_are(name: str) -> None:
    service = SERVICES[name]
    settings_of(name)
    if "command" in service:
        assert service["command"][:2] == ["python", "-m"]
        assert module_exists(service["command"][2])
    for volume in service.get("volumes", []):
        source, target = volume.split(":")[:2]
        assert source in COMPOSE["volumes"]
        # Relative paths of the settings are below the image's folder.
        assert target == f"{dict(instructions())['WORKDIR']}/{source}"
    for other in service.get("depends_on", {}):
        assert other in SERVICES


def test_compose_is_a_broker_two_gateways_and_their_keys() -> None:
    broker = settings_of("broker")
    assert broker.store.startswith("sqlite:data/")
    assert "data:/app/data" in SERVICES["broker"]["volumes"]
    assert not is_local(broker.bind)
    assert not is_local(broker.events_bind)
    assert not broker.insecure, "containers use keys"
    assert SERVICES["broker"]["restart"] == "unless-stopped"
    check = SERVICES["broker"]["healthcheck"]["test"]
    assert check == ["CMD", "python", "-m", "scripts.health", "broker"]

    gateways = [name for name in SERVICES if name.startswith("gateway")]
    assert [settings_of(name).port for name in gateways] == [4000, 4001]
    for name in gateways:
        gateway = settings_of(name)
        assert SERVICES[name]["command"] == ["python", "-m", "gateway"]
        assert SERVICES[name]["ports"] == [f"{gateway.port}:{gateway.port}"]
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert gateway.broker == f"tcp://broker:{broker.bind.rpartition(':')[2]}"
        assert gateway.keys == broker.keys == settings_of("keys").keys == "keys"
        assert gateway.key in SERVICES["keys"]["command"], "its key is made"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_hashed_and_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    pins = re.split(r"\n(?=[a-z])", text.strip())
    for pin in pins:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", pin), pin
        assert "--hash=sha256:" in pin, pin


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = [
        dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.M))
        for lock in LOCKS
    ]
    runtime, dev = locked
    assert runtime.items() <= dev.items(), "the lock for the tests holds all of the other"
    for wanted, lock in (
        (project["dependencies"], runtime),
        (project["optional-dependencies"]["dev"], dev),
    ):
        for requirement in wanted:
            parts = re.match(r"([a-z-]+)(==|>=)([\d.]+)", requirement)
            assert parts is not None, requirement
            name, sign, version = parts.groups()
            have = lock[name]
            assert have == version if sign == "==" else _numbers(have) >= _numbers(version)
    assert not {"pytest", "mypy", "ruff", "playwright"} & set(runtime)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def test_the_node_lock_is_hashed_and_names_no_place() -> None:
    lock = json.loads((ROOT / "tests/system/package-lock.json").read_text())
    assert "://" not in json.dumps(lock)
    for path, package in lock["packages"].items():
        assert path == "" or package["integrity"].startswith("sha512-")
    client = lock["packages"]["node_modules/socket.io-client"]["version"]
    wanted = json.loads((ROOT / "tests/system/package.json").read_text())["devDependencies"]
    assert wanted == {"socket.io-client": client}
    assert client in (ROOT / "static/vendor/README.md").read_text()


def test_readme_s_settings_table_is_the_settings() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `((?:HUBBUB_|PORT)\w*)` \| (.*?) \| (.*?) \|$", readme, re.M)
    assert rows == settings_rows()


def settings_rows() -> list[tuple[str, str, str]]:
    """(name, default, description) of each setting, as README's table has them. Durations are in
    seconds there."""
    rows = []
    schema = next(iter(msgspec.json.schema(Settings)["$defs"].values()))["properties"]
    for name, field in schema.items():
        default = field["default"]
        shown = {True: "1", False: "0", "": "empty"}.get(default, f"`{default}`")
        if isinstance(default, float):
            shown = f"{default:g} s" if name != "HUBBUB_MESSAGE_RATE" else f"{default:g}"
        elif isinstance(default, int) and not isinstance(default, bool):
            shown = f"{default}"
        rows.append((name, shown, field["description"].replace("|", "\\|")))
    return rows


def test_the_licence_is_what_the_project_says() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert licence.startswith("MIT License\n\nCopyright (c) 2026 Hubbub contributors\n")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert os.access(ROOT / ".ci/run", os.X_OK)
