"""Questions to the broker that are asked again until they are answered. Pure."""

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from common.messages import AnyAnswer, AnyCommand
from gateway.runtime.ports import Broker, Loop

RETRY_S = 1.0
"""A question that failed is asked again after this time."""

A = TypeVar("A")


def ask_until_answered(
    link: Broker,
    loop: Loop,
    make: Callable[[int], AnyCommand | None],
    expected: type[A],
    on_answer: Callable[[A], None],
) -> None:
    """Asks the question that `make` returns for a command number. If there is no answer in time, or
    the answer is not of the `expected` type (a refusal, for one), asks again after RETRY_S. Then
    calls `on_answer` once. If `make` returns None, nobody needs the answer any more: this ends."""

    _Question(link, loop, make, expected, on_answer).ask()


class _Question(Struct, Generic[A]):
    """It is an object and no pair of functions, which would know each other: such a cycle would
    wait for the garbage collector."""

    link: Broker
    loop: Loop
    make: Callable[[int], AnyCommand | None]
    expected: type[A]
    on_answer: Callable[[A], None]

    def ask(self) -> None:
        command = self.make(self.link.number())
        if command is not None:
            self.link.ask(command, self._receive)

    def _receive(self, answer: AnyAnswer | None) -> None:
        if isinstance(answer, self.expected):
            self.on_answer(answer)
        else:
            self.loop.call_later(RETRY_S, self.ask)
