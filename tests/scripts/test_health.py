"""scripts/health.py: what health checks of containers run."""

import pytest

from common.settings import Settings
from scripts.health import place
from scripts.processes import free_port
from tests.support.surroundings import run_module
from tests.support.system import System

pytestmark = pytest.mark.processes

PROXIES = {name: "http://127.0.0.1:9" for name in ("http_proxy", "HTTP_PROXY", "all_proxy")}


@pytest.fixture(scope="module")
def gateway_settings() -> dict[str, str]:
    return {"HUBBUB_HOST": "::", "HUBBUB_PATH": "/chat"}


@pytest.mark.parametrize("more", [[], ["--ready"]])
def test_a_healthy_process_is_healthy_whatever_proxies_there_are(
    hubbub: System, more: list[str]
) -> None:
    for process, settings in (
        ("gateway", hubbub.gateways[0].settings),
        ("broker", hubbub.settings),
    ):
        done = run_module("scripts.health", process, *more, **settings, **PROXIES)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == ("ready\n" if more else "alive\n")


def test_a_health_check_that_nobody_answers_is_one_line() -> None:
    port = free_port()
    done = run_module("scripts.health", "gateway", PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"health: the gateway at 127.0.0.1:{port}: no answer: ")
    assert done.stderr.count("\n") == 1
    done = run_module("scripts.health", "broker", HUBBUB_BROKER_HTTP="")
    assert done.returncode == 1
    assert "HUBBUB_BROKER_HTTP" in done.stderr


def test_a_gateway_without_broker_is_alive_but_not_ready(hubbub: System) -> None:
    settings = {**hubbub.gateways[0].settings, "HUBBUB_HOST": "[::1]"}
    hubbub.broker.kill()
    try:
        hubbub.gateways[0].wait_ready(503)
        assert run_module("scripts.health", "gateway", **settings).returncode == 0
        done = run_module("scripts.health", "gateway", "--ready", **settings)
        assert done.returncode == 1
        assert "503: no broker" in done.stderr
        assert "at [::1]:" in done.stderr
    finally:
        hubbub.broker.start()


def test_an_address_of_the_broker_may_be_ipv6() -> None:
    assert place("broker", Settings(broker_http="[::1]:5557")) == ("::1", 5557)
