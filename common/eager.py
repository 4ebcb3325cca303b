"""Eager coroutines: start at once and resume at once, without a task.

A task starts and resumes at the loop's next turn, and each turn costs about 30 µs in a process that
was idle. Several turns would be most of the cost of a single message. From Python 3.12 on
`asyncio.Task(…, eager_start=True)` does the same.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Eager:
    """Runs one coroutine. The coroutine may await futures, locks, queues and `sleep(0)`, but has no
    task: it cannot be cancelled or use `asyncio.timeout`. At its end `on_end` is called with the
    exception that it raised, or None."""

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, None],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._coroutine = coroutine
        self._on_end = on_end
        self._resume()

    def _resume(self, _: object = None) -> None:
        try:
            future = self._coroutine.send(None)
        except StopIteration:
            self._on_end(None)
        except BaseException as error:
            self._on_end(error)
        else:
            if future is None:
                asyncio.get_running_loop().call_soon(self._resume)
            else:
                future._asyncio_future_blocking = (
                    False  # what a task does with a future that it awaits
                )
                future.add_done_callback(self._resume)
