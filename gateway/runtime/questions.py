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
    """Asks the question that `make` returns for a command number, and asks again RETRY_S after each
    answer that is missing, a refusal or not of the `expected` type. Then `on_answer` is called
    once. If `make` returns None nobody wants to know any more: nothing is asked or called."""

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
