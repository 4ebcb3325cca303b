"""How large and how many: gateway/protocol/sizes.py, gateway/transport/idle.py,
gateway/transport/backlog.py, and what an edge (gateway/transport/inbound.py) makes of what is
more."""

import io
import json

import pytest

from gateway.protocol.packets import Malformed
from gateway.protocol.sizes import sizes, too_many_values
from gateway.transport.backlog import Backlog
from gateway.transport.idle import LIMIT, WINDOW_S, IdleTraffic
from tests.support.edge import bare, poll, polling, post, running


@pytest.mark.parametrize("character", ["x", "😀", "\\", '"', ",", ":", "[", "{", "\u0001"])
@pytest.mark.parametrize("text_chars", [1, 4000, 100_000])
def test_the_longest_text_passes_in_any_usual_escape(character: str, text_chars: int) -> None:
    most, text = sizes(text_chars), character * text_chars
    for escaped in (True, False):
        plain = json.dumps({"user": "x" * 40, "message": text}, ensure_ascii=escaped)
        for event in (["chat", plain], ["chat", {"room": "x" * 64, "message": text}]):
            packet = json.dumps(event, ensure_ascii=escaped)
            assert len(packet.encode()) <= most.packet_bytes
            assert not too_many_values(packet, most.values)


def test_the_largest_handshake_passes() -> None:
    since = {"Epoch": "x" * 64, "Seq": 1 << 52}
    auth = {"token": "x" * 64, "join": [{"room": "𐐨" * 64, "since": since}] * 100}
    packet = json.dumps(auth)
    assert len(packet) <= sizes(1).packet_bytes
    assert not too_many_values(packet, sizes(1).values)


def test_idle_ones_are_counted_in_windows() -> None:
    idle = IdleTraffic()
    for window in range(3):
        idle.add(LIMIT, window * WINDOW_S)
    with pytest.raises(Malformed):
        idle.add(1, 2.9 * WINDOW_S)


class Crowded:
    def __init__(self) -> None:
        self.out = False

    def crowd_out(self) -> None:
        self.out = True


def test_who_has_held_something_for_the_longest_time_goes_first() -> None:
    backlog, (first, second, third) = Backlog(100), (Crowded() for _ in range(3))
    backlog.hold(first, 40)
    backlog.hold(second, 40)
    backlog.hold(first, 0)
    backlog.hold(first, 40)
    backlog.hold(second, 60)
    assert not first.out
    assert not second.out
    backlog.hold(third, 10)
    assert second.out
    assert backlog.bytes == 50
    backlog.hold(second, 0)
    backlog.hold(third, 101)
    assert first.out
    assert third.out
    assert backlog.bytes == 0


@pytest.mark.parametrize("size", [170_000, 500_000, 2_097_000])
async def test_what_is_too_long_is_answered_so_and_the_connection_is_kept(size: int) -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        await browser.say('427["echo","' + "x" * size + '"]')
        assert '437[{"ok":false,"error":{"code":"too_long"' in (await browser.hear() or "")
        await browser.say('42["echo","' + "x" * size + '"]')
        assert '42["refused",{"code":"too_long"' in (await browser.hear() or "")
        await browser.say('428["echo"]')
        assert (await browser.hear() or "").startswith("438")
    async with running() as edge, polling(edge) as (http, url):
        body = '427["echo","' + "x" * size + '"]\x1e428["echo"]'
        assert await post(http, url, io.BytesIO(body.encode())) == 200
        answers = (await poll(http, url)).split("\x1e")
        assert [answer[:3] for answer in answers] == ["437", "438"]
        assert '"too_long"' in answers[0]


async def test_a_handshake_that_is_too_long_is_told_so() -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.connect('{"token":"' + "x" * 200_000 + '"}')
        assert (await browser.hear() or "").startswith('42["joined",{"ok":false')
        assert edge.chat.told == [("connected", None)]
        await browser.say('428["echo"]')
        assert (await browser.hear() or "").startswith("438")


@pytest.mark.parametrize("packet", ["6", "3", "43[]", "41/x", "41\x1e40", "40/x"])
async def test_who_asks_for_nothing_again_and_again_is_closed(packet: str) -> None:
    async with running() as edge, polling(edge) as (http, url):
        assert await post(http, url, "\x1e".join([packet] * 10)) == 200
        statuses = set()
        for _ in range(LIMIT // 400 + 1):
            statuses.add(await post(http, url, "\x1e".join([packet] * 400)))
        assert 400 in statuses
        assert not edge.connections
        assert edge.counts.refused_frames.value == 1
