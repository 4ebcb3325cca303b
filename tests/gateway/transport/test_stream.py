"""The stream (gateway/transport/stream.py) and its poller (gateway/transport/poller.py), on real
sockets."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable

from gateway.transport.poller import TURN_SOCKETS, Poller
from gateway.transport.stream import Stream
from tests.support.stream_pair import Pair, Told


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def passes(later: Pair) -> None:
    """A byte goes through another stream of the poller, which has looked at the older ones then."""
    came = len(later.stream.came)
    later.other.send(b"x")
    await until(lambda: len(later.stream.came) > came)


async def test_bytes_that_the_kernel_does_not_take_follow_in_order() -> None:
    with Pair() as pair:
        size = pair.fill()
        pair.stream.write(b"last")
        heard = b""
        while len(heard) < size + 4:
            heard += pair.heard()
            await asyncio.sleep(0)
        assert heard == b"x" * size + b"last"
        assert not pair.stream.unsent
        pair.stream.write(b"straight")
        assert pair.heard() == b"straight"


async def test_a_stream_reads_only_while_it_should() -> None:
    with Pair() as pair, Pair(pair.poller) as later:
        later.stream.read(True)
        pair.other.send(b"one")
        await passes(later)
        assert pair.stream.came == b""
        pair.stream.read(True)
        await until(lambda: pair.stream.came == b"one")
        pair.stream.read(False)
        pair.other.send(b"two")
        pair.fill()  # to be written, not read
        await passes(later)
        assert pair.stream.came == b"one"
        pair.stream.read(True)
        await until(lambda: pair.stream.came == b"onetwo")


async def test_a_stream_that_stops_reading_is_not_read_though_it_was_ready() -> None:
    class Jealous(Told):
        rival: Stream

        def received(self, data: bytes) -> None:
            super().received(data)
            self.rival.abort()

    with contextlib.ExitStack() as stack:
        poller = stack.enter_context(contextlib.closing(Poller(asyncio.get_running_loop())))
        both = []
        for _ in range(2):
            near, other = socket.socketpair()
            near.setblocking(False)
            stack.callback(other.close)
            both.append(Jealous(near, poller))
            stack.callback(both[-1].abort)
            other.send(b"x")
        both[0].rival, both[1].rival = both[1], both[0]
        for one in both:
            one.read(True)
        await until(lambda: any(one.came for one in both))
        await asyncio.sleep(0)
        assert sorted(one.came for one in both) == [b"", b"x"]
        assert [one.times_lost for one in both] == [0, 0]


async def test_an_end_sends_everything_first_and_an_abort_nothing() -> None:
    with Pair() as pair:
        size = pair.fill()
        pair.stream.end()
        pair.stream.write(b"too late")
        heard = b""
        while pair.stream.sock.fileno() != -1 or len(heard) < size:
            heard += pair.heard()
            await asyncio.sleep(0)
        assert heard == b"x" * size
        assert pair.other.recv(1) == b""
        assert pair.stream.times_lost == 0
    with Pair() as pair:
        pair.fill()
        pair.stream.abort()
        assert not pair.stream.unsent
        assert pair.stream.sock.fileno() == -1


async def test_a_lost_stream_says_so_once() -> None:
    with Pair() as pair:
        pair.stream.read(True)
        pair.other.close()
        await until(lambda: pair.stream.times_lost)
        pair.stream.write(b"nothing happens")
        assert pair.stream.times_lost == 1
    with Pair() as pair:
        pair.other.close()
        pair.stream.write(b"it is gone")
        assert pair.stream.times_lost == 1


async def test_other_callbacks_have_their_turn_after_some_sockets() -> None:
    """However many speak at once."""
    with contextlib.ExitStack() as stack:
        pairs = [stack.enter_context(Pair()) for _ in range(3 * TURN_SOCKETS)]
        loop = asyncio.get_running_loop()
        poller = Poller(loop)
        for pair in pairs:
            pair.stream.abort()
        fresh = [stack.enter_context(Pair()) for _ in pairs]
        for pair in fresh:
            pair.stream._poller = poller
            pair.stream.read(True)
            pair.other.send(b"now")
        seen: list[int] = []

        def look() -> None:
            came = sum(pair.stream.came == b"now" for pair in fresh)
            seen.append(came)
            if came < len(fresh):
                loop.call_soon(look)

        loop.call_soon(look)
        await until(lambda: seen and seen[-1] == len(fresh))
        steps = [after - before for before, after in itertools.pairwise(seen)]
        assert 0 < max(steps) <= TURN_SOCKETS
        for pair in fresh:
            pair.stream.abort()
        poller.close()


async def test_a_stream_that_ends_within_a_turn_is_not_called_again() -> None:
    with Pair() as one, Pair() as two, Pair(one.poller) as later:
        poller = one.poller
        later.stream.read(True)

        class Ends(Stream):
            other: Stream

            def received(self, data: bytes) -> None:
                came.append(self)
                self.other.abort()

        came: list[Stream] = []
        first, second = Ends(one.stream.sock, poller), Ends(two.stream.sock, poller)
        first.other, second.other = second, first
        for pair, stream in ((one, first), (two, second)):
            stream.read(True)
            pair.other.send(b"x")
        await until(lambda: came)
        await passes(later)
        assert len(came) == 1
        first.abort()
        second.abort()


async def test_a_stream_that_fails_ends_and_the_others_go_on() -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: faults.append(type(context["exception"]))
    )

    class Faulty(Told):
        def received(self, data: bytes) -> None:
            raise RuntimeError("a fault of ours")

    with Pair() as pair:
        near, far = socket.socketpair()
        near.setblocking(False)
        faulty = Faulty(near, pair.poller)
        faulty.read(True)
        pair.stream.read(True)
        far.send(b"x")
        pair.other.send(b"x")
        await until(lambda: pair.stream.came == b"x" and faulty.ended)
        assert faulty.times_lost == 1
        assert far.recv(1) == b""
        assert faults == [RuntimeError]
        far.close()
