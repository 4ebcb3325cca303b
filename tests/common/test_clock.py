from common.clock import ListeningClock


def test_time_passes_while_listening() -> None:
    clock = ListeningClock(100.0)
    assert [clock.advance(at) for at in (100.25, 100.5, 101.5)] == [0.25, 0.5, 1.5]


def test_a_stopped_broker_loses_a_second_at_most() -> None:
    clock = ListeningClock(100.0)
    assert clock.advance(5000.0) == 1.0
    assert clock.advance(5000.5) == 1.5


def test_a_pause_does_not_count() -> None:
    clock = ListeningClock(100.0)
    assert clock.pause(100.9) == 0.0
    assert clock.advance(101.0) == clock.now == 101.0 - 100.9


def test_time_never_goes_back() -> None:
    clock = ListeningClock(100.0)
    clock.advance(100.5)
    assert clock.advance(90.0) == 0.5
