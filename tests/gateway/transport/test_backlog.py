"""gateway/transport/backlog.py: what browsers make the gateway hold is bounded."""

from gateway.transport.backlog import Backlog


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
