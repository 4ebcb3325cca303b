"""Questions to the broker that are asked again until they are answered. Pure."""

from collections.abc import Callable
from typing import TypeVar

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

    def ask() -> None:
        command = make(link.number())
        if command is not None:
            link.ask(command, receive)

    def receive(answer: AnyAnswer | None) -> None:
        if isinstance(answer, expected):
            on_answer(answer)
        else:
            loop.call_later(RETRY_S, ask)

    ask()
