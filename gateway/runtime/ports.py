"""The ports of a gateway: what its parts need of the link and of the event loop. Pure.

In a running gateway they are the Link and asyncio's loop; tests and the simulation bring others.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from common.messages import AnyAnswer, AnyCommand


class Broker(Protocol):
    """The way to the broker. `gateway.link.link.Link` says more about each method."""

    @property
    def up(self) -> bool:
        """The broker knows which sessions are here, and commands are sent to it at once."""

    def number(self) -> int:
        """The number of the next command: `ask` it before any other number is taken."""

    def ask(
        self,
        command: AnyCommand,
        on_answer: Callable[[AnyAnswer | None], None],
        *,
        hold: bool = False,
    ) -> None:
        """Sends a command as soon as possible. `on_answer` is called once, with None if there is no
        answer in time. `hold`: waits for long, since the command changes something."""

    def subscribe(self, topics: Iterable[str]) -> None: ...

    def unsubscribe(self, topics: Iterable[str]) -> None: ...


class Loop(Protocol):
    """An event loop, which passes time."""

    def time(self) -> float:
        """Monotonic seconds."""

    def call_soon(self, call: Callable[[], None], /) -> object:
        """Calls it in the next turn."""

    def call_later(self, delay_s: float, call: Callable[[], None], /) -> object:
        """Calls it after so many seconds. What it raises goes to the exception handler."""

    def call_exception_handler(self, context: dict[str, Any], /) -> None:
        """Takes a fault: `context` has a `message` and an `exception`."""


def report_fault(loop: Loop, what: str, error: Exception) -> None:
    """Reports a fault of our own that is caught where it costs nobody else."""
    loop.call_exception_handler({"message": what, "exception": error})
