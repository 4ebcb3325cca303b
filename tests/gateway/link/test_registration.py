"""The sessions of a gateway fit into Registers."""

from common.codec import FRAME_BYTES, encode
from common.messages import Register, SessionInfo
from gateway.link.registration import batches


def session(n: int, rooms: list[str]) -> SessionInfo:
    return SessionInfo(sid=f"{n:064}", uid="u" * 64, plain=False, rooms=rooms)


def test_without_sessions_there_is_one_empty_batch() -> None:
    assert list(batches([])) == [([], True)]


def test_many_people_make_several_batches_and_the_last_says_so() -> None:
    people = [session(n, ["lobby"]) for n in range(2001)]
    cut = list(batches(people))
    assert [len(batch) for batch, _ in cut] == [1000, 1000, 1]
    assert [last for _, last in cut] == [False, False, True]
    assert [s for batch, _ in cut for s in batch] == people


def test_people_in_many_rooms_make_frames_that_the_broker_takes() -> None:
    rooms = [f"{n:02}" + "\U00010400" * 62 for n in range(100)]
    people = [session(n, rooms) for n in range(200)]
    cut = list(batches(people))
    assert [s for batch, _ in cut for s in batch] == people
    for batch, last in cut:
        assert len(encode(Register(no=1 << 52, sessions=batch, last=last))) < FRAME_BYTES / 2
