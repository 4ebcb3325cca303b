import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq

from common.codec import FRAME_BYTES
from common.zmq_sockets import (
    SUBSCRIPTION_BYTES,
    SocketError,
    ZmqSocket,
    bind,
    connect,
    dealer,
    events_endpoint,
    is_local,
    new_context,
    publisher,
    resolved,
    router,
    subscriber,
    welcome_events,
)

Make = Callable[[Callable[..., ZmqSocket]], ZmqSocket]


@pytest.fixture
def make() -> Iterator[Make]:
    """`make(router)` makes a socket, which is closed after the test."""
    context: zmq.Context[ZmqSocket] = zmq.Context()
    made: list[ZmqSocket] = []

    def keep(kind: Callable[..., ZmqSocket]) -> ZmqSocket:
        made.append(kind(context, None))
        return made[-1]

    yield keep
    for socket in made:
        socket.close(linger=0)
    context.term()


def test_a_busy_port_is_an_error(make: Make) -> None:
    endpoint = bind(make(router), "tcp://127.0.0.1:0")
    assert endpoint.startswith("tcp://127.0.0.1:")
    with pytest.raises(SocketError, match=endpoint):
        bind(make(publisher), endpoint)


@pytest.mark.parametrize(
    "endpoint", ["tcp://1.2.3.4:0", "tcp://no.such.host.invalid:1", "ipc:///no/x"]
)
def test_an_endpoint_of_another_machine_is_an_error(make: Make, endpoint: str) -> None:
    with pytest.raises(SocketError, match=endpoint):
        bind(make(router), endpoint)


def test_frames_and_lost_peers_are_bounded_on_every_socket(make: Make) -> None:
    for kind in (router, publisher, dealer, subscriber):
        socket = make(kind)
        most = SUBSCRIPTION_BYTES if kind is publisher else FRAME_BYTES
        assert socket.getsockopt(zmq.MAXMSGSIZE) == most
        assert int(socket.getsockopt(zmq.LINGER)) >= 0
        assert int(socket.getsockopt(zmq.HEARTBEAT_IVL)) > 0


def test_no_subscription_is_lost(make: Make) -> None:
    assert make(publisher).getsockopt(zmq.RCVHWM) == 0
    assert make(router).getsockopt(zmq.RCVHWM) == 0, "libzmq 4.3.5 aborts at a bound"
    assert make(subscriber).getsockopt(zmq.SNDHWM) == 0


def test_an_answer_to_an_unknown_peer_is_an_error(make: Make) -> None:
    with pytest.raises(zmq.ZMQError) as caught:
        make(router).send_multipart((b"nobody", b"x"))
    assert caught.value.errno == zmq.EHOSTUNREACH


def test_sockets_connect_over_ipc_and_ipv6(make: Make, tmp_path: Path) -> None:
    for endpoint in (f"ipc://{tmp_path}/c", "tcp://[::1]:0"):
        server, client = make(router), make(dealer)
        try:
            connect(client, bind(server, endpoint))
        except SocketError:
            assert "::1" in endpoint
            pytest.skip("this host has no IPv6")
        client.send(b"hello")
        assert server.recv_multipart()[1] == b"hello"


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("tcp://127.0.0.1:5555", True),
        ("tcp://127.9.9.9:5555", True),
        ("tcp://localhost:5555", True),
        ("tcp://[::1]:5555", True),
        ("ipc:///tmp/x", True),
        ("tcp://*:5555", False),
        ("tcp://0.0.0.0:5555", False),
        ("tcp://[::]:5555", False),
        ("tcp://eth0:5555", False),
        ("tcp://10.0.0.1:5555", False),
        ("tcp://broker.example:5555", False),
    ],
)
def test_endpoints_that_only_this_machine_reaches(endpoint: str, local: bool) -> None:
    assert is_local(endpoint) is local


@pytest.mark.parametrize(
    ("bound", "advertise", "broker", "subscribed"),
    [
        ("tcp://127.0.0.1:5556", "", "tcp://127.0.0.1:5555", "tcp://127.0.0.1:5556"),
        ("tcp://0.0.0.0:5556", "", "tcp://broker:5555", "tcp://broker:5556"),
        ("tcp://[::]:5556", "", "tcp://[fe80::1]:5555", "tcp://[fe80::1]:5556"),
        ("ipc:///run/e", "", "ipc:///run/c", "ipc:///run/e"),
        ("tcp://0.0.0.0:5556", "tcp://b:9", "tcp://broker:5555", "tcp://b:9"),
        ("tcp://127.0.0.1:5556", "", "ipc:///run/c", "tcp://127.0.0.1:5556"),
        ("tcp://127.0.0.1:5556", "7777", "tcp://far:5555", "tcp://far:7777"),
    ],
)
def test_a_gateway_finds_the_endpoint_of_broadcasts(
    bound: str, advertise: str, broker: str, subscribed: str
) -> None:
    assert events_endpoint(broker, welcome_events(bound, advertise)) == subscribed


def test_a_host_that_has_ipv6_only_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    four = (2, 1, 6, "", ("10.0.0.1", 5555))
    six = (10, 1, 6, "", ("fd00::1", 5555, 0, 0))
    known: dict[str, list[object]] = {"four": [four], "six": [six], "both": [six, four]}

    def found(host: str, *_: object, **__: object) -> list[object]:
        if host not in known:
            raise OSError
        return [*known[host]]

    monkeypatch.setattr("common.zmq_sockets.getaddrinfo", found)
    assert resolved("tcp://six:5555") == "tcp://[fd00::1]:5555"
    for same in ("four:5555", "both:5555", "nobody:5555", "localhost:1", "[::1]:1", "127.0.0.1:1"):
        assert resolved(f"tcp://{same}") == f"tcp://{same}"
    assert resolved("ipc:///run/six") == "ipc:///run/six"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists threads there")
def test_the_threads_of_a_context_interrupt_nobody() -> None:
    with new_context() as context, router(context, None) as here, dealer(context, None) as there:
        connect(there, bind(here, "tcp://127.0.0.1:*"))
        there.send(b"by way of the threads")
        here.recv_multipart()
        names = {
            (task / "comm").read_text().strip(): os.sched_getscheduler(int(task.name))
            for task in Path("/proc/self/task").iterdir()
        }
    assert [policy for name, policy in names.items() if name.startswith("ZMQbg/IO")] == [
        os.SCHED_BATCH
    ]
