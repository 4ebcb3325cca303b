"""Asking: what the chat needs of its link, its loop and its clock; tests bring others."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from common.messages import AnyAnswer, AnyCommand, Page, Paged


class Broker(Protocol):
    """The way to the broker: in a running gateway the Link, whose methods say more."""

    @property
    def up(self) -> bool:
        """The broker knows who is here."""

    def ask(
        self,
        make: Callable[[int], AnyCommand],
        on_answer: Callable[[AnyAnswer | None], None],
        *,
        hold: bool = False,
    ) -> None: ...

    def subscribe(self, topics: Iterable[str]) -> None: ...

    def unsubscribe(self, topics: Iterable[str]) -> None: ...


def ask_page(
    link: Broker, make: Callable[[int], Page], on_page: Callable[[Paged | None], None]
) -> None:
    """Asks for a page; `on_page` gets None if there is no answer in time."""
    link.ask(make, lambda answer: on_page(answer if isinstance(answer, Paged) else None))


class Loop(Protocol):
    """What passes time: in a running gateway the asyncio loop."""

    def time(self) -> float:
        """Monotonic seconds."""

    def call_soon(self, call: Callable[[], None], /) -> object:
        """Calls it at the next turn."""

    def call_later(self, delay_s: float, call: Callable[[], None], /) -> object:
        """Calls it after so many seconds. What it raises goes to the exception handler."""

    def call_exception_handler(self, context: dict[str, Any], /) -> None:
        """Tells of a fault: `message`, `exception`."""


class Clock(Protocol):
    """The upkeep: it does what has to be done again until it is done."""

    def later(self, call: Callable[[], None]) -> None:
        """Calls it after a while."""

    def want_mark(self, room: str) -> None:
        """This room's subscription is new."""

    def forget_mark(self, room: str) -> None:
        """Its mark is here, or is not wanted any more."""


def tell_fault(loop: Loop, what: str, error: Exception) -> None:
    """A fault of ours, which is caught where it costs nobody else."""
    loop.call_exception_handler({"message": what, "exception": error})
