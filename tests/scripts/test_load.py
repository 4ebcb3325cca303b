"""scripts/load: the load generator at real gateways, its bytes and its sums alone.

scripts/load/crowd.py, scripts/load/pool.py, scripts/load/connecting.py and
scripts/load/polling.py are what runs in scripts.load.workers.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.servers import stock
from scripts.load import wire
from scripts.load.person import Plan
from scripts.load.speaking import Speech
from scripts.load.tally import Tally, merge, missing, percentile_ms, surplus, ticks_since
from scripts.load.workers import Workers
from scripts.processes import Processes

pytestmark = pytest.mark.processes

JOINED = {"ok": True, "epoch": "e", "seq": 0, "recovered": False, "count": 1}
SIZES = st.lists(st.sampled_from([0, 1, 125, 126, 300, 65_536]), max_size=5)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with Processes(tmp_path_factory.mktemp("load"), 2) as system:
        yield system


def load(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scripts.load", *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        cwd=Path(__file__).parents[2],
    )


def test_everybody_hears_everything_and_the_figures_say_so(system: Processes) -> None:
    done = load(
        *system.urls, "--people", "20", "--rate", "30", "--seconds", "1", "--processes", "2",
        "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["messages said"] == figures["messages acked"] >= 20
    assert figures["deliveries"] == 20 * figures["messages said"]
    assert figures["deliveries lost"] == figures["connections lost"] == 0
    assert 0 < figures["delivery p50 ms"] <= figures["delivery p99 ms"]
    assert figures["ack p50 ms"] > 0


def test_people_arrive_at_a_steady_rate_and_it_is_told_how_soon_they_had_joined(
    system: Processes,
) -> None:
    done = load(system.urls[0], "--people", "30", "--arrive", "20", "--seconds", "0.2", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert 10 < figures["joins a second"] < 25
    assert 0 < figures["joined p50 ms"] <= figures["joined p99 ms"] < 1000


def test_a_message_that_some_do_not_hear_is_a_loss(system: Processes) -> None:
    with stock() as elsewhere:  # this is another system, which does not hear what is said here
        done = load(system.urls[0], *elsewhere.urls, "--people", "4", "--seconds", "0.5")
    assert done.returncode == 1
    figures = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines())
    assert int(figures["deliveries lost"]) == 2 * int(figures["messages said"])


def test_a_load_that_reaches_nobody_says_why() -> None:
    done = load("http://127.0.0.1:9", "--within", "0.5")
    assert done.returncode == 1
    assert "0 of 100 people have joined" in done.stderr
    assert "Connection refused" in done.stderr


def test_a_person_who_is_lost_comes_back_and_misses_nothing(system: Processes) -> None:
    plan = Plan([system.urls[0]], "talk", "talker")
    returning = Plan(system.urls[::-1], "talk", "returner", inspects=True, reconnects=True)
    with Workers(plan) as talker, Workers(returning) as crowd:
        crowd.join(10, 10)
        talker.join(1, 10)
        talker.begin(Speech(rate=50, seconds=30))
        crowd.wait(lambda tally: tally.deliveries > 100, 10)
        system.gateways[1].kill()
        back = crowd.wait(lambda tally: tally.lost == 5 and tally.joined == 10, 10)
        after = crowd.wait(lambda tally: tally.deliveries > back.deliveries + 100, 10)
    assert (after.holes, after.repeats, after.not_recovered, after.leaves) == (0, 0, 0, 0)


def test_a_person_who_awaits_the_replay_has_joined_with_its_last_line(system: Processes) -> None:
    with Workers(Plan(system.urls[:1], "lines", "talker")) as talker:
        talker.join(1, 10)
        talker.speak(Speech(50, 10), enough=lambda tally: tally.sent >= 50)
        plan = Plan(system.urls[:1], "lines", "reader", join_by_event=True, awaits_replay=True)
        with Workers(plan) as readers:
            tally = readers.join(20, 10)
    assert tally.seen == {50: 20}
    assert sum(tally.joins.values()) == 20


@pytest.mark.parametrize("transport", ["polling", "upgrade"])
def test_who_comes_by_polling_hears_everything(system: Processes, transport: Any) -> None:
    room = f"by-{transport}"
    plan = Plan(system.urls[:1], room, room, join_by_event=True, transport=transport)
    with Workers(Plan(system.urls[:1], room, "talker")) as talker, Workers(plan) as crowd:
        talker.join(1, 10)
        crowd.join(10, 10)
        crowd.clear()
        talker.begin(Speech(rate=30, seconds=30))
        tally = crowd.wait(lambda tally: min(tally.seen) >= 20, 10)
    assert tally.why == {}


def server_frame(payload: bytes) -> bytes:
    """A frame as a server sends it: without a mask."""
    masked = wire.frame(payload)
    head = len(masked) - len(payload) - 4
    return bytes([masked[0], masked[1] & 0x7F]) + masked[2:head] + payload


def test_an_event_is_found_by_the_whole_of_its_seq() -> None:
    event = bytearray(b'42["chat",{"EvtType":"message","Seq":12,"Id":"x"}]')
    last = bytearray(b'42["chat",{"EvtType":"message","Seq":12}]')
    for data in (event, last):
        assert wire.holds_seq(data, len(data), 12)
        assert not wire.holds_seq(data, len(data), 1)
        assert not wire.holds_seq(data, 38, 12)


def serve(listener: socket.socket, seqs: list[int]) -> None:
    """A gateway for one socket, whose room has these Seqs. Its bytes come in pieces of any size."""
    listener.settimeout(10)
    one, _ = listener.accept()
    with one:
        one.recv(4096)
        one.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + server_frame(b"0{}"))
        one.recv(4096)
        told: list[list[Any]] = [["joined", JOINED]]
        for seq in seqs:
            kind = "leave" if seq == seqs[-1] else "message"
            told.append(["chat", {"EvtType": kind, "Text": "x", "Room": "room", "Seq": seq}])
        packets = [json.dumps(packet, separators=(",", ":")) for packet in told]
        wired = b"".join(server_frame(b"42" + packet.encode()) for packet in packets)
        for start in range(0, len(wired), 37):
            one.sendall(wired[start : start + 37])
        one.recv(4096)


def test_a_person_who_awaits_the_replay_has_not_joined_with_the_ack_alone() -> None:
    acked = threading.Event()

    def answer(listener: socket.socket) -> None:
        listener.settimeout(10)
        one, _ = listener.accept()
        with one:
            one.recv(4096)
            one.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + server_frame(b"0{}"))
            one.recv(4096)
            one.sendall(server_frame(b'40{"sid":"x"}'))
            one.recv(4096)
            one.sendall(server_frame(b'430[{"ok":true,"seq":2}]') + line(1))
            acked.wait(10)
            one.sendall(line(2))
            one.recv(4096)

    def line(seq: int) -> bytes:
        return server_frame(b'42["chat",{"EvtType":"message","Text":"x","Seq":%d}]' % seq)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=answer, args=(listener,))
        answering.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        plan = Plan([url], "room", "one", join_by_event=True, awaits_replay=True)
        with Workers(plan) as workers:
            workers.add(1)
            assert workers.wait(lambda tally: tally.deliveries == 1, 10).joined == 0
            acked.set()
            assert workers.wait(lambda tally: tally.joined == 1, 10).deliveries == 2
        answering.join()


def test_holes_repeats_and_leaves_are_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = threading.Thread(target=serve, args=(listener, [7, 8, 8, 11, 12]))
        served.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Workers(Plan([url], "room", "one", inspects=True)) as workers:
            workers.join(1, 10)
            tally = workers.wait(lambda tally: tally.leaves > 0, 10)
        served.join()
    assert (tally.holes, tally.repeats, tally.leaves) == (2, 1, 1)
    assert tally.deliveries == 4
    assert tally.heads == {12: 1}
    assert tally.lost == 0


@given(SIZES, st.data())
def test_frames_are_found_whole_wherever_a_read_ends(sizes: list[int], data: st.DataObject) -> None:
    packets = [bytes([65 + n]) * size for n, size in enumerate(sizes)]
    ends = [0]
    wired = b""
    for packet in packets:
        wired += server_frame(packet)
        ends.append(len(wired))
    cut = data.draw(st.integers(0, len(wired)))
    end = wire.whole(bytearray(wired), cut)
    assert end == max(one for one in ends if one <= cut)
    whole = ends.index(end)
    heard = list(wire.frames(bytearray(wired), end))
    assert b"".join(payload for _, payload in heard) == b"".join(packets[:whole])
    assert all(first == wire.TEXT for first, _ in heard)


def test_a_message_tells_when_it_was_sent() -> None:
    said = wire.text(123_456_789, 40)
    assert len(said) == 40
    event = bytearray(f'42["chat",{{"EvtType":"message","Text":"{said}"}}]'.encode())
    assert event.count(wire.MESSAGE) == 1
    assert wire.sent_us(event, len(event)) == 123_456_789
    assert wire.sent_us(event, 20) is None


def test_tallies_of_processes_add_up() -> None:
    one = Tally(people=2, seen={10: 2}, acks={"chat": {1: 5}}, wall_s=2.0, busiest=0.5)
    two = Tally(people=3, seen={10: 1, 7: 1, 11: 1}, acks={"chat": {1: 1, 3: 1}}, busiest=0.25)
    both = merge([one, two])
    assert (both.people, both.wall_s, both.busiest) == (5, 2.0, 0.5)
    assert both.seen == {10: 3, 7: 1, 11: 1}
    assert both.acks == {"chat": {1: 6, 3: 1}}
    assert ticks_since(two.acks["chat"], both.acks["chat"]) == {1: 5}
    assert missing(both, 10) == 3
    assert surplus(both, 10) == 1


def test_a_percentile_is_not_below_the_truth() -> None:
    ticks = {0: 98, 10: 1, 2500: 1}
    assert percentile_ms(ticks, 0.5) == 0.1
    assert percentile_ms(ticks, 0.99) == 1.1
    assert percentile_ms(ticks, 1.0) == 250.1
