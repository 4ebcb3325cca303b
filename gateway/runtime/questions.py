"""Questions to the broker that are asked again until they are answered. Pure."""

from collections.abc import Callable
from typing import Generic, TypeVar

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


class _Question(Generic[A]):
    """It is an object and no pair of functions, which would know each other: such a cycle would
    wait for the garbage collector."""

    __slots__ = ("_expected", "_link", "_loop", "_make", "_on_answer")

    def __init__(
        self,
        link: Broker,
        loop: Loop,
        make: Callable[[int], AnyCommand | None],
        expected: type[A],
        on_answer: Callable[[A], None],
    ) -> None:
        self._link = link
        self._loop = loop
        self._make = make
        self._expected = expected
        self._on_answer = on_answer

    def ask(self) -> None:
        command = self._make(self._link.number())
        if command is not None:
            self._link.ask(command, self._receive)

    def _receive(self, answer: AnyAnswer | None) -> None:
        if isinstance(answer, self._expected):
            self._on_answer(answer)
        else:
            self._loop.call_later(RETRY_S, self.ask)
