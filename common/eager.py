"""Eager coroutines: begun at once and resumed at once, without a task and its turns of the loop.

A task begins at the loop's next turn, and each turn costs some 30 µs in a process that had nothing
to do: several of them are most of what a single message costs.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Eager:
    """Runs one coroutine until it has to wait, and on once what it waits for is there. It may await
    futures, locks, queues and `sleep(0)`; it has no task, so it is not cancelled and has no
    `asyncio.timeout`. `ended` is called with what it raised, or None."""

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, None],
        ended: Callable[[BaseException | None], None],
    ) -> None:
        self._coroutine = coroutine
        self._ended = ended
        self._resume()

    def _resume(self, _: object = None) -> None:
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration:
            self._ended(None)
        except BaseException as error:
            self._ended(error)
        else:
            if waits_for is None:
                asyncio.get_running_loop().call_soon(self._resume)
            else:
                waits_for._asyncio_future_blocking = False  # as a task tells a future
                waits_for.add_done_callback(self._resume)
