"""gateway/transport/backlog.py: what browsers make the gateway hold is bounded."""

from gateway.transport.backlog import RELIEF_BYTES, Backlog


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


def test_it_is_a_relief_when_a_large_backlog_is_gone() -> None:
    reliefs: list[int] = []
    backlog = Backlog(on_relief=lambda: reliefs.append(backlog.bytes))
    small, large = Crowded(), Crowded()
    backlog.hold(small, RELIEF_BYTES)
    backlog.hold(small, 0)
    assert not reliefs
    backlog.hold(large, RELIEF_BYTES + 1)
    backlog.hold(small, 1)
    backlog.hold(large, 0)
    assert not reliefs
    backlog.hold(small, 0)
    backlog.hold(small, 0)
    assert reliefs == [0]
