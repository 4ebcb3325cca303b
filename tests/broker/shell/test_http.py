import socket

import pytest
from aiohttp import ClientSession

from broker.shell.http import HttpError, serving
from broker.shell.metrics import Metrics


async def test_health_readiness_and_metrics_are_served() -> None:
    metrics = Metrics()
    metrics.commands["say"] += 3
    why_not = ""
    async with (
        serving("127.0.0.1:0", lambda: why_not, metrics) as port,
        ClientSession(f"http://127.0.0.1:{port}") as http,
    ):

        async def get(path: str) -> tuple[int, str]:
            async with http.get(path) as response:
                return response.status, await response.text()

        assert await get("/healthz") == (200, "alive\n")
        assert await get("/readyz") == (200, "ready\n")
        status, text = await get("/metrics")
        assert status == 200
        assert 'hubbub_broker_commands_total{do="say"} 3.0' in text
        why_not = "the disk is full"
        assert await get("/readyz") == (503, "the disk is full\n")
        assert (await get("/healthz"))[0] == 200


async def test_two_brokers_in_a_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.answers += 1
    assert b"hubbub_broker_answers_total 1.0" in first.text()
    assert b"hubbub_broker_answers_total 0.0" in second.text()


async def test_no_address_serves_nothing() -> None:
    async with serving("", lambda: "", Metrics()) as port:
        assert port == 0


@pytest.mark.parametrize("address", ["5557", "host:", ":5557", "a:b", "127.0.0.1:99999"])
async def test_a_bad_address_is_an_error(address: str) -> None:
    with pytest.raises(HttpError, match="host:port"):
        async with serving(address, lambda: "", Metrics()):
            pass


async def test_a_busy_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HttpError, match=str(port)):
            async with serving(f"127.0.0.1:{port}", lambda: "", Metrics()):
                pass
