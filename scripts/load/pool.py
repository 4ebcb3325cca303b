"""The pool: the people of one process, their sockets, and what was counted."""

import select

from scripts.load import wire
from scripts.load.person import JOINED, Person, Plan
from scripts.load.tally import Tally


class Pool:
    """What the crowd, its connector and its speaker share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.people: list[Person] = []
        self.poll = select.epoll()
        self.by_fd: dict[int, Person] = {}
        self.joined = 0
        """People who have joined and are connected."""
        self.deliveries = 0
        """Messages that were received since the last `clear`, summed over all people."""
        self.tally = Tally()
        self._lost: list[tuple[Person, bool]] = []

    def clear(self) -> None:
        """Sets all counts to zero."""
        self.deliveries = 0
        self.tally = Tally()

    def send(self, person: Person, data: bytes) -> bool:
        """Sends bytes to a person's socket. Returns False, and ends the connection, if the kernel
        did not take all of them."""
        try:
            if person.socket is not None and person.socket.send(data) == len(data):
                return True
        except OSError:
            pass
        self.lose(person, "did not take what was sent")
        return False

    def say(self, person: Person, packet: str) -> None:
        """Sends a packet of Engine.IO; of a person who polls, with the next request."""
        if person.polls:
            person.outbox.append(packet)
        else:
            self.send(person, wire.frame(packet))

    def close(self, person: Person) -> None:
        """Closes a person's socket."""
        if person.socket is not None:
            del self.by_fd[person.fd]
            person.socket.close()
            person.reset()

    def lose(self, person: Person, why: str) -> None:
        """Ends a person's connection; `why` is counted."""
        if person.socket is None:
            return
        self.tally.why[why] = self.tally.why.get(why, 0) + 1
        joined = person.stage == JOINED
        self.close(person)
        if joined:
            self.joined -= 1
            self.tally.lost += 1
        if joined and self.plan.reconnects:
            person.gateway_index += 1
        if not joined or self.plan.reconnects:
            self._lost.append((person, joined))

    def take_lost(self) -> list[tuple[Person, bool]]:
        """Returns the people whose connection was lost since the last call and who connect again,
        each with whether they had joined."""
        lost, self._lost = self._lost, []
        return lost
