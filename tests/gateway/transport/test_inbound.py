"""gateway/transport/inbound.py: packets that are too long, and packets that ask for nothing."""

import io

import pytest

from gateway.transport.idle import LIMIT
from tests.support.edge import bare, poll, polling, post, running


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
