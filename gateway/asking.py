"""Asking: what the chat needs of its link to the broker and of its loop; tests bring others."""

from collections.abc import Callable, Iterable
from typing import Protocol

from common.messages import AnyAnswer, AnyCommand


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


class Loop(Protocol):
    """What passes time: in a running gateway the asyncio loop."""

    def time(self) -> float:
        """Monotonic seconds."""

    def call_soon(self, call: Callable[[], None], /) -> object:
        """Calls it at the next turn."""
