"""The bystander itself: it notices an attack that works, and notices nothing without an attack."""

import asyncio
import time

import pytest

from tests.attacks.unnoticed import during, nobody_notices
from tests.support.system import System


async def test_nobody_notices_when_nothing_happens(hubbub: System) -> None:
    async def nothing() -> None:
        await asyncio.sleep(0.5)

    noticed = await nobody_notices(nothing, hubbub)
    assert noticed.acks > 5


async def test_a_gateway_that_stands_still_is_noticed(hubbub: System) -> None:
    def stand_still() -> None:
        hubbub.gateways[0].pause()
        time.sleep(0.3)
        hubbub.gateways[0].resume()

    noticed = await during(lambda: asyncio.to_thread(stand_still), hubbub.url)
    assert noticed.longest_ms > 250
    with pytest.raises(AssertionError, match="bystanders noticed"):
        await nobody_notices(lambda: asyncio.to_thread(stand_still), hubbub)
