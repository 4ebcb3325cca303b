"""The scripts of a run: they announce, delete messages, and ban. Each asks until it is answered."""

from collections import Counter
from collections.abc import Callable

from common.codec import encode
from common.messages import AnyAnswer, AnyBroadcast, AnyCommand, Failed
from tests.sim.network import Line, Network
from tests.sim.virtual import Time

AGAIN_S = 2.0


class _Script:
    """A network.Caller with one command. `told` is called with the answer, unless that is
    `unavailable`."""

    def __init__(self, command: AnyCommand, told: Callable[[AnyAnswer], None]) -> None:
        self.command = command
        self.done = False
        self._told = told

    def answered(self, line: Line, answer: AnyAnswer) -> None:
        if not self.done and not (isinstance(answer, Failed) and answer.code == "unavailable"):
            self.done = True
            self._told(answer)

    def heard(self, line: Line, topic: str, message: AnyBroadcast) -> None:
        """Never called: a script subscribes to nothing."""

    def broke(self, line: Line) -> None:
        """Does nothing: an unanswered script asks again in any case."""


class Scripts:
    """Runs scripts, side by side."""

    def __init__(self, network: Network, time: Time) -> None:
        self.answered: Counter[str] = Counter()
        """How many commands of each kind were done."""
        self._network = network
        self._time = time

    def run(
        self, command: AnyCommand, told: Callable[[AnyAnswer], None] = lambda answer: None
    ) -> None:
        def answered(answer: AnyAnswer) -> None:
            self.answered[type(command).__name__] += not isinstance(answer, Failed)
            told(answer)

        self._ask(_Script(command, answered))

    def _ask(self, script: _Script) -> None:
        if not script.done:
            self._network.send(self._network.line(script), encode(script.command))
            self._time.after(AGAIN_S, lambda: self._ask(script))
