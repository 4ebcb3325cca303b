"""The pool: the people of one process with their sockets, and what has been counted of them."""

import select

from scripts.load.person import JOINED, Person, Plan
from scripts.load.tally import Tally


class Pool:
    """What those who connect people, speak for them and listen for them have in common."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.people: list[Person] = []
        self.poll = select.epoll()
        self.by_fd: dict[int, Person] = {}
        self.joined = 0
        """People who are in now."""
        self.deliveries = 0
        """Messages that all of them have heard since the last `clear`."""
        self.tally = Tally()
        self._lost: list[tuple[Person, bool]] = []

    def clear(self) -> None:
        """Counts anew."""
        self.deliveries = 0
        self.tally = Tally()

    def send(self, person: Person, data: bytes) -> bool:
        """Whether the kernel took it; if not, the person is lost."""
        try:
            if person.socket is not None and person.socket.send(data) == len(data):
                return True
        except OSError:
            pass
        self.lose(person, "took no more")
        return False

    def lose(self, person: Person, why: str) -> None:
        """The person's connection is over."""
        if person.socket is None:
            return
        self.tally.why[why] = self.tally.why.get(why, 0) + 1
        del self.by_fd[person.fd]
        person.socket.close()
        joined = person.stage == JOINED
        person.begin()
        if joined:
            self.joined -= 1
            self.tally.lost += 1
        if joined and self.plan.reconnects:
            person.gateway_index += 1
        if not joined or self.plan.reconnects:
            self._lost.append((person, joined))

    def take_lost(self) -> list[tuple[Person, bool]]:
        """The people who were lost since the last call and are to come again, each with whether
        they had joined."""
        lost, self._lost = self._lost, []
        return lost
