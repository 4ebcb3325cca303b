"""scripts/launch.py: free ports, the addresses to open, and an end that is no error; and
scripts/orphans.py: that nothing outlives it."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from honcho.command import parser as honcho_parser

from common.settings import Settings
from scripts.launch import Address, LaunchError, addresses, check_free, page, processes

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
TALKATIVE = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

def stop(*_):
    open(f'{__file__}.{os.environ["PORT"]}', 'w').close()
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
if sys.argv[1] == "gateway":
    server = HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready)
print('PORT', os.environ['PORT'], flush=True)
if sys.argv[1] == "gateway":
    server.serve_forever()
while True:
    signal.pause()
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with a Procfile that has our process names, and with an .env."""
    (tmp_path / "talk.py").write_text(TALKATIVE)
    (tmp_path / "Procfile").write_text(
        f"gateway: exec {sys.executable} {tmp_path}/talk.py gateway\n"
        f"broker: exec {sys.executable} {tmp_path}/talk.py broker\n"
    )
    (tmp_path / ".env").write_text("PORT=4000\nHUBBUB_HOST=127.0.0.9\n")
    return tmp_path


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HUBBUB_") or name == "PORT":
            monkeypatch.delenv(name)


def ports(app: Path, *arguments: str) -> dict[str, str]:
    args = honcho_parser.parse_args(["start", "-d", str(app), *arguments])
    return {process.name: process.environment["PORT"] for process in processes(args)}


@contextlib.contextmanager
def busy() -> Iterator[int]:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        yield somebody.getsockname()[1]


def test_gateways_count_up_from_the_port_of_the_env_file(app: Path) -> None:
    assert ports(app) == {"gateway.1": "4000", "broker.1": "4100"}
    assert [*ports(app, "-c", "gateway=3").values()] == ["4000", "4001", "4002", "4100"]
    assert ports(app, "broker") == {"broker.1": "4000"}


def test_the_environment_counts_more_than_the_env_file(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "4321")
    monkeypatch.setenv("HUBBUB_HOST", "127.0.0.2")
    args = honcho_parser.parse_args(["start", "-d", str(app)])
    gateway = processes(args)[0]
    assert gateway.environment["PORT"] == "4321"
    assert gateway.environment["HUBBUB_HOST"] == "127.0.0.2"
    assert ports(app, "-p", "5000")["gateway.1"] == "5000"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-c", "gatewy=3"], "the Procfile has no 'gatewy'; it has gateway, broker"),
        (["worker"], "the Procfile has no 'worker'"),
        (["-c", "gateway=many"], "a port and a count are numbers"),
        (["-c", "gateway"], "a port and a count are numbers"),
        (["-p", "http"], "a port and a count are numbers"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(
    app: Path, arguments: list[str], why: str
) -> None:
    with pytest.raises(LaunchError, match=why):
        ports(app, *arguments)


def test_every_listening_address_has_the_setting_that_moves_it() -> None:
    settings = Settings()
    assert [(a.setting, a.host, a.port) for a in addresses("broker.1", settings)] == [
        ("HUBBUB_BIND", "127.0.0.1", 5555),
        ("HUBBUB_EVENTS_BIND", "127.0.0.1", 5556),
        ("HUBBUB_BROKER_HTTP", "127.0.0.1", 5557),
    ]
    (gateway,) = addresses("gateway.2", settings)
    assert gateway == Address("gateway.2", "PORT", "127.0.0.1", 4000)
    assert page(gateway) == "http://127.0.0.1:4000/"
    assert page(gateway._replace(host="::")) == "http://localhost:4000/"
    assert page(gateway._replace(host="::1")) == "http://[::1]:4000/"
    assert page(gateway, "/chat") == "http://127.0.0.1:4000/chat/"
    (sixth,) = addresses("gateway.1", Settings(host="[::1]"))
    assert sixth.host == "::1"
    check_free(sixth._replace(port=0))
    check_free(sixth._replace(host="::", port=0))


def test_a_busy_port_is_one_line_that_names_it_and_the_remedy() -> None:
    with busy() as port, pytest.raises(LaunchError) as refused:
        check_free(Address("broker.1", "HUBBUB_BIND", "127.0.0.1", port))
    assert str(refused.value) == (
        f"broker.1 cannot listen on 127.0.0.1:{port} (Address already in use);"
        " stop what listens there or choose another by HUBBUB_BIND"
    )
    check_free(Address("broker.1", "HUBBUB_BIND", "*", 0))


def free_settings() -> dict[str, str]:
    """Settings under which the launch finds all ports free, whatever runs on this machine."""
    with busy() as bind, busy() as events, busy() as http, busy() as port:
        return {
            **os.environ,
            "HUBBUB_HOST": "127.0.0.1",
            "HUBBUB_BIND": f"tcp://127.0.0.1:{bind}",
            "HUBBUB_EVENTS_BIND": f"tcp://127.0.0.1:{events}",
            "HUBBUB_BROKER_HTTP": f"127.0.0.1:{http}",
            "PORT": str(port),
        }


@contextlib.contextmanager
def launching(
    app: Path, settings: dict[str, str], *before: str, start_new_session: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A launch whose output can be read line by line. It does not outlive a test that fails."""
    with subprocess.Popen(
        [*before, sys.executable, "-u", "-m", "scripts.launch", "-d", str(app)],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=start_new_session,
    ) as launched:
        try:
            yield launched
        finally:
            launched.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_on_purpose_is_success(app: Path, stop: signal.Signals) -> None:
    settings = free_settings()
    with launching(app, settings) as launched:
        assert launched.stdout is not None
        said: list[str] = []
        opened = f"Hubbub: open http://127.0.0.1:{settings['PORT']}/ (Ctrl-C stops it)\n"
        while opened not in said or sum("PORT" in line for line in said) < 2:
            said.append(launched.stdout.readline())
            assert said[-1], said
        gateway = next(line for line in said if f"PORT {settings['PORT']}" in line)
        assert said.index(opened) > said.index(gateway), "it is said when it is true"
        launched.send_signal(stop)
        rest = launched.stdout.read()
        assert launched.wait(5) == 0
    assert rest.count("stopped (rc=0)") == 2
    assert "Traceback" not in rest


def children(pid: int) -> set[int]:
    """The processes that this process has started, and those that they have started."""
    found: set[int] = set()
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found |= {int(child), *children(int(child))}
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent")
@pytest.mark.parametrize("whom", ["the launch", "its process group"])
def test_a_launch_that_is_killed_leaves_nothing_running(app: Path, whom: str) -> None:
    settings = free_settings()
    with launching(app, settings, start_new_session=True) as launched:
        assert launched.stdout is not None
        talking: list[str] = []
        while sum("PORT" in line for line in talking) < 2:
            talking.append(launched.stdout.readline())
            assert talking[-1], talking
        descendants = [os.pidfd_open(pid) for pid in children(launched.pid)]
        assert len(descendants) == 4
        if whom == "the launch":
            launched.kill()
        else:
            os.killpg(launched.pid, signal.SIGKILL)
        for descriptor in descendants:
            ended, _, _ = select.select([descriptor], [], [], 5)
            os.close(descriptor)
            assert ended
    assert len([*app.glob("talk.py.*")]) == 2, "both were asked to end in order"


def test_under_nohup_a_closed_terminal_stops_nothing(app: Path) -> None:
    (app / "Procfile").write_text(
        f"gateway: exec {sys.executable} -c 'import time; print(\"PORT\"); time.sleep(1)'\n"
    )
    with launching(app, free_settings(), "nohup") as launched:
        assert launched.stdout is not None
        while "started" not in launched.stdout.readline():
            pass
        launched.send_signal(signal.SIGHUP)
        assert "stopped (rc=0)" in launched.stdout.read()
        assert launched.wait(5) == 0


def test_a_process_that_fails_stops_the_other_and_is_an_error(app: Path) -> None:
    (app / "Procfile").write_text(
        f"gateway: exec {sys.executable} {app}/talk.py gateway\n"
        f"broker: exec {sys.executable} -c 'exit(1)'\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "scripts.launch", "-d", str(app)],
        cwd=ROOT,
        env=free_settings(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "broker.1 stopped (rc=1)" in done.stdout.replace("  ", " ")


def test_a_busy_port_starts_nothing(app: Path) -> None:
    with busy() as port:
        done = subprocess.run(
            [sys.executable, "-m", "scripts.launch", "-d", str(app), "-p", str(port)],
            cwd=ROOT,
            env=free_settings(),
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"start: gateway.1 cannot listen on 127.0.0.1:{port} (Address")
    assert done.stderr.count("\n") == 1
