"""The bans of a run, and whether they held: a banned person says nothing and joins no room."""

from collections.abc import Iterator

from msgspec import Struct

from common.messages import AnyAnswer, Ban, Done
from tests.sim.disk import Disk
from tests.sim.scripts import Scripts


class Sentence(Struct):
    """One ban, from the answer to its command until it is about to be lifted."""

    uid: str
    heads: dict[str, int]
    """The heads of all rooms when the command was answered."""


class Bans:
    """`ever` are the uids that were to be banned at any time, `now` the bans that are in force."""

    def __init__(self, scripts: Scripts) -> None:
        self.ever: set[str] = set()
        self.now: dict[str, Sentence] = {}
        self.problems: list[str] = []
        self._scripts = scripts

    def ban(self, uid: str, disk: Disk) -> None:
        self.ever.add(uid)

        def answered(answer: AnyAnswer) -> None:
            if isinstance(answer, Done):
                heads = {room: len(log) for room, log in disk.logs.items()}
                self.now[uid] = Sentence(uid, heads)

        self._scripts.run(Ban(no=1, uid=uid), answered)

    def lift(self, uid: str, disk: Disk) -> None:
        sentence = self.now.pop(uid, None)
        if sentence is not None:
            self.problems += broken(sentence, disk)
            self._scripts.run(Ban(no=1, uid=uid, lift=True))

    def broken(self, disk: Disk) -> list[str]:
        """The problems of the bans that are in force."""
        return [problem for one in self.now.values() for problem in broken(one, disk)]


def broken(sentence: Sentence, disk: Disk) -> Iterator[str]:
    """Each event that the banned person caused after the ban is a problem."""
    for room, log in disk.logs.items():
        for event in log[sentence.heads.get(room, 0) :]:
            if event.uid == sentence.uid:
                yield f"{event.user} was banned, and in {room} there is {event}"
