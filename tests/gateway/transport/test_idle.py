"""gateway/transport/idle.py: packets that ask for nothing are counted in windows."""

import pytest

from gateway.protocol.packets import Malformed
from gateway.transport.idle import LIMIT, WINDOW_S, IdleTraffic


def test_idle_ones_are_counted_in_windows() -> None:
    idle = IdleTraffic()
    for window in range(3):
        idle.add(LIMIT, window * WINDOW_S)
    with pytest.raises(Malformed):
        idle.add(1, 2.9 * WINDOW_S)
