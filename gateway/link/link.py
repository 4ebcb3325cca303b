"""The link: this gateway's one connection to the broker, made anew whenever it is lost. Pure.

`connector.py` drives the link with ZeroMQ and the clock, `tests/sim` with a simulated network. What
is sent to the broker, and in which order, is decided here: hello, subscriptions, the sessions that
are here, the commands that have no answer, then whatever the chat asks, and a Beat if nothing was
sent for a third of the lease.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import ParamSpec

from common import messages as m
from common.clock import ListeningClock
from common.codec import encode
from common.settings import Settings
from common.transitions import follow
from gateway.link.pending import OnAnswer, Pending
from gateway.link.ports import LinkConnection, LinkCounts, LinkListener, Reporter
from gateway.link.registration import batches
from gateway.link.states import TRANSITIONS, LinkEvent, LinkLost, LinkState
from gateway.link.topics import Topics

HOLD_S = 60.0
"""A command that changes something is kept for this long while there is no answer."""
READ_MESSAGES = 200
"""Answers, and broadcasts, that are read before other callbacks of the loop get their turn."""
STEP_COMMANDS = 500
"""Commands that are sent again in one step."""
FIRST_REST_S, LONGEST_REST_S = 0.05, 1.0
"""The longest waits before the next connection, after the first loss and after many."""

P = ParamSpec("P")


class Link:
    """A `gateway.runtime.ports.Broker`: commands are kept, and sent again in order on each new
    connection, until they are answered or given up.

    The driver calls `connect`. From then on it calls `read` when something has arrived, and `step`
    after that and at least four times a second, until one of these raises LinkLost. Then it calls
    `lose`, and after `rest_s` seconds `connect` again.

    `epoch` and `term` are those of the last broker that welcomed this gateway;
    `up` says that the broker knows which sessions are here and was sent all waiting commands again:
    from then on commands are sent at once.
    """

    def __init__(
        self, settings: Settings, gateway: str, proof: str, monotonic: float, reporter: Reporter
    ) -> None:
        """`proof` is a secret of this gateway, by which the broker knows it on its next link."""
        self.gateway = gateway
        self.state = LinkState.DOWN
        self.up = False
        self.epoch = ""
        self.term = 0
        self.events = ""
        """Where the broker publishes, as its Welcome told (`zmq_sockets.events_endpoint`)."""
        self.pending = Pending()
        self.counts = LinkCounts()
        self._proof = proof
        self._request_timeout_s = settings.request_timeout
        self._first_lease_s = self._lease_s = settings.lease
        self._reporter = reporter
        self._clock = ListeningClock(monotonic)
        self._no = 0
        self._rests = 0
        """Rests since the link was up for the last time."""
        self._topics = Topics(m.gateway_topic(gateway))
        self._connection: LinkConnection | None = None
        self._listener: LinkListener
        self._own: set[int] = set()
        """Numbers of this connection's own commands, which are never sent again."""
        self._batches: Iterator[tuple[list[m.SessionInfo], bool]] = iter(())
        """The batches of sessions that are not registered yet."""
        self._last_batch_sent = False
        self._resending: Iterator[bytes] = iter(())
        """The frames that are not sent again yet."""
        self._bye = 0
        """The number of the Bye."""
        self._answered_at = self._sent_at = self._clock.now

    # --- for the chat (ports.Broker) -------------------------------------------------------------

    def number(self) -> int:
        """The number of the next command: `ask` it before any other number is taken."""
        self._no += 1
        return self._no

    def ask(self, command: m.AnyCommand, on_answer: OnAnswer, *, hold: bool = False) -> None:
        """Sends a command now, or as soon as the link is up. `on_answer` is called once: with the
        answer, or with None if no answer came within `request_timeout` (with `hold`: HOLD_S), or
        too many commands wait."""
        frame = encode(command)
        keep_s = HOLD_S if hold else self._request_timeout_s
        if not self.pending.add(command.no, frame, on_answer, self._clock.now, keep_s):
            self.counts.turned_away += 1
            self._reporter.on_turned_away(self.pending.commands)
            on_answer(None)
        elif self.up:
            self._send(frame)

    def subscribe(self, topics: Iterable[str]) -> None:
        """Subscribes to these topics, now and on each new link, in this order."""
        self._topics.subscribe(topics)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        self._topics.unsubscribe(topics)

    # --- for the driver --------------------------------------------------------------------------

    def connect(self, connection: LinkConnection, listener: LinkListener) -> None:
        """Begins a new link on a connection that was not used before."""
        self._follow(LinkEvent.CONNECT)
        self._connection = connection
        self._listener = listener
        self._own.clear()
        self._lease_s = self._first_lease_s
        self._answered_at = self._clock.now
        self._send_own(
            m.Hello(no=self.number(), wire=m.WIRE, gateway=self.gateway, proof=self._proof)
        )

    def listen(self) -> None:
        """The driver has begun to connect to `events`: from now on `step` subscribes the topics."""
        assert self._connection is not None
        self._follow(LinkEvent.LISTEN)
        self._topics.begin(self._connection)

    def read(self) -> None:
        """Takes what has arrived, READ_MESSAGES of each kind at most. Raises LinkLost if an answer
        ends the link. Broadcasts stay in the connection until the link is up, since the listener
        takes each broadcast for one of the link that it was told of last."""
        assert self._connection is not None
        for answer in self._connection.answers(READ_MESSAGES):
            self._on_answer(answer)
        if self.up:
            for topic, message in self._connection.broadcasts(READ_MESSAGES):
                self._on_broadcast(topic, message)

    def step(self, monotonic: float) -> bool:
        """Does what is due. Returns whether there is more to do at once, before anything else is
        read. Raises LinkLost if the broker has been silent for too long."""
        self._clock.advance(monotonic)
        self._guard(self._give_up_overdue)
        if self.state is LinkState.DOWN:
            return False
        silent_s = self._clock.now - self._answered_at
        if silent_s > self._lease_s * 2 / 3 + 1:
            raise LinkLost(f"no answer for {silent_s:.1f} s")
        if self.state is LinkState.SUBSCRIBING:
            return self._subscribe_some()
        if self.state is LinkState.RESENDING:
            return self._resend_some()
        if self.up and self._clock.now - self._sent_at >= self._lease_s / 3:
            self._send_own(m.Beat(no=self.number()))
        return False

    def leave(self) -> None:
        """Says Bye to the broker. When that is answered the state is LEFT."""
        self._follow(LinkEvent.LEAVE)
        self._bye = self.number()
        self._send_own(m.Bye(no=self._bye))

    def lose(self) -> None:
        """The driver has closed the connection."""
        was_up = self.up
        self._follow(LinkEvent.LOSS)
        self._connection = None
        self._topics.end()
        if was_up:
            self._guard(self._listener.on_link_down)

    def rest_s(self, chance: float) -> float:
        """Seconds to wait before the next `connect`: longer after each failure, and random, since
        all gateways lose a broker at once. `chance`: a random number from 0 to 1."""
        longest_s = min(LONGEST_REST_S, FIRST_REST_S * (1 << self._rests))
        self._rests = min(self._rests + 1, 10)
        return longest_s * (1 + chance) / 2

    def close(self) -> None:
        """Gives up every command: the driver stops."""
        for on_answer in self.pending.clear():
            self._guard(on_answer, None)

    # --- what arrives ----------------------------------------------------------------------------

    def _on_answer(self, answer: m.AnyAnswer) -> None:
        self._answered_at = self._clock.now
        if isinstance(answer, m.Failed) and answer.code == "hello":
            raise LinkLost("the broker does not know this gateway any more")
        if answer.no in self._own:
            self._own.discard(answer.no)
            self._on_own_answer(answer)
        elif answer.term < self.term:
            self.counts.refused_old_term += 1
        elif (on_answer := self.pending.answered(answer.no)) is not None:
            self._guard(on_answer, answer)
        else:
            self.counts.late_answers += 1

    def _on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        if message.term < self.term:
            self.counts.refused_old_term += 1
        else:
            self._guard(self._listener.on_broadcast, topic, message)

    # --- from Hello to UP ------------------------------------------------------------------------

    def _on_own_answer(self, answer: m.AnyAnswer) -> None:
        if self.state is LinkState.GREETING:
            self._on_welcome(answer)
        elif self.state is LinkState.REGISTERING:
            if not isinstance(answer, m.Done):
                raise LinkLost(_why(answer))
            if self._last_batch_sent:
                self._resending = self.pending.frames()
                self._follow(LinkEvent.REGISTERED)
            else:
                self._register_batch()
        elif self.state is LinkState.LEAVING and answer.no == self._bye:
            self._follow(LinkEvent.BYE_ANSWERED)

    def _on_welcome(self, welcome: m.AnyAnswer) -> None:
        if not isinstance(welcome, m.Welcome):
            raise LinkLost(_why(welcome))
        # Terms are a store's own: a restored backup has a new epoch and may count from less.
        if welcome.epoch == self.epoch and welcome.term < self.term:
            self.counts.refused_old_term += 1
            raise LinkLost(f"this broker has term {welcome.term}, {self.term} was seen before")
        self.epoch, self.term = welcome.epoch, welcome.term
        self.events, self._lease_s = welcome.events, welcome.lease_s
        self._follow(LinkEvent.WELCOME)

    def _subscribe_some(self) -> bool:
        """Subscribes the next topics, then begins to register. Registering waits until the
        subscriptions are on their way: a mark that is requested earlier would be lost."""
        assert self._connection is not None
        if self._topics.step():
            return True
        if self._connection.subscribed:
            self._follow(LinkEvent.SUBSCRIBED)
            self._batches = batches(self._listener.session_infos())
            self._register_batch()
        return False

    def _register_batch(self) -> None:
        """Registers the next batch of sessions. Each batch waits for the answer to the one before,
        so that a large gateway does not flood a new broker."""
        batch, self._last_batch_sent = next(self._batches)
        self._send_own(m.Register(no=self.number(), sessions=batch, last=self._last_batch_sent))

    def _resend_some(self) -> bool:
        """Sends the next commands again, then the link is up. Commands that were asked meanwhile
        come last."""
        frames = list(islice(self._resending, STEP_COMMANDS))
        for frame in frames:
            self._send(frame)
        if len(frames) < STEP_COMMANDS:
            self._follow(LinkEvent.RESENT)
            self.counts.relinks += 1
            self._rests = 0
            self._guard(self._listener.on_link_up, self.epoch, self.term)
        return True

    # ---------------------------------------------------------------------------------------------

    def _give_up_overdue(self) -> None:
        for on_answer in self.pending.overdue(self._clock.now):
            self.counts.given_up += 1
            self._guard(on_answer, None)

    def _send_own(self, command: m.AnyCommand) -> None:
        self._own.add(command.no)
        self._send(encode(command))

    def _send(self, frame: bytes) -> None:
        assert self._connection is not None
        self._connection.send(frame)
        self._sent_at = self._clock.now

    def _follow(self, event: LinkEvent) -> None:
        self.state = follow(TRANSITIONS, self.state, event)
        self.up = self.state in (LinkState.UP, LinkState.LEAVING, LinkState.LEFT)

    def _guard(self, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Calls the chat; an error that this raises is reported and costs nobody else."""
        try:
            call(*args, **kwargs)
        except Exception as error:
            self.counts.faults += 1
            self._reporter.on_fault(error)


def _why(answer: m.AnyAnswer) -> str:
    if isinstance(answer, m.Failed):
        return answer.message
    return f"the broker sent an answer of the wrong kind: {type(answer).__name__}"
