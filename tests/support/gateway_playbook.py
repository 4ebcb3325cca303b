"""The playbook of a gateway: tests as transcripts. What happens, then what is seen of it, in order:

    play(gateway, asks("ann", "join", room="tea", user="ann"), lets_in("ann", head=3), hears("ann"))

A person is one browser, which connects when it is first named. Nobody answers for the broker but
the steps of the test.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from common import messages as m
from gateway.chat.limits import STANDARD, ChatLimits
from gateway.runtime.ports import Loop
from tests.support.events import messages
from tests.support.gateway_rig import EPOCH, Answered, Browser, Rig

Line = int | str | tuple[int, str]
"""What a person hears: the Seq of an event, its Seq and text, or the name of another notice."""


class Gateway(Rig):
    """A rig whose browsers have names."""

    def __init__(
        self, loop: Loop | None = None, limits: ChatLimits = STANDARD, **settings: Any
    ) -> None:
        super().__init__(loop, limits, **settings)
        self.people: dict[str, Browser] = {}
        self.unseen: dict[str, list[tuple[str, Any]]] = {}
        """What came to each person and was not looked at yet."""
        self.late: list[tuple[m.GetPage, Answered]] = []
        """Questions for pages whose answers are late."""

    def person(self, name: str, auth: object = None) -> Browser:
        if name not in self.people:
            self.people[name] = self.browser(auth)
        return self.people[name]

    def look(self, name: str) -> list[tuple[str, Any]]:
        """All (name, payload) that came to this person since the last look."""
        return self.unseen.pop(name, []) + self.person(name).hears()


class Step(Struct):
    """Something that happens, or something that has to be seen; `run` raises AssertionError."""

    says: str
    run: Callable[[Gateway], None]


def play(gateway: Gateway, *steps: Step) -> None:
    for number, step in enumerate(steps, 1):
        try:
            step.run(gateway)
        except AssertionError as error:
            raise AssertionError(f"step {number}, {step.says}: {error}") from error


def steps(*several: Step) -> Step:
    """Several steps as one."""
    return Step("; ".join(step.says for step in several), lambda gateway: play(gateway, *several))


def does(anything: Callable[[], object]) -> Step:
    """Something that has no step of its own."""
    return Step(f"{anything}", lambda _: _nothing(anything()))


# --- what browsers do ----------------------------------------------------------------------------


def connects(person: str, auth: object = None) -> Step:
    return Step(f"{person} connects", lambda gateway: _nothing(gateway.person(person, auth)))


def asks(person: str, event: str, *args: Any, **payload: Any) -> Step:
    """A request with these arguments; keywords are the object that comes last."""
    given = [*args, payload] if payload else [*args]
    return Step(
        f"{person} asks {event} {given}",
        lambda gateway: gateway.person(person).asks(event, *given),
    )


def joins(person: str, room: str = "tea", *, since: int | None = None) -> Step:
    """Asks to join, under the person's own name; `since` is the Seq from which it goes on."""
    more = {} if since is None else {"since": {"Epoch": EPOCH, "Seq": since}}
    return asks(person, "join", user=person, room=room, **more)


def comes_back(person: str, room: str = "tea", *, since: int, head: int) -> Step:
    """Joins and is let in, to be sent what came after the Seq `since`."""
    return steps(joins(person, room, since=since), lets_in(person, room, head=head, recovered=True))


def closes(person: str) -> Step:
    return Step(
        f"{person} closes", lambda gateway: gateway.chat.gone(gateway.person(person).socket, True)
    )


def is_in(person: str, room: str = "tea", head: int = 1) -> Step:
    """The person is in a room whose log has `head` messages, and has heard all of them."""

    def run(gateway: Gateway) -> None:
        assert person not in gateway.people, f"{person} is connected already"
        gateway.people[person] = gateway.seated(person, room, head)
        gateway.people[person].acks.clear()

    return Step(f"{person} is in {room}, which is at {head}", run)


def reads_nothing(person: str, size_bytes: int) -> Step:
    """So many bytes wait in the outbox of the person."""

    def run(gateway: Gateway) -> None:
        gateway.person(person).owe(size_bytes)

    return Step(f"{person} reads nothing", run)


# --- what the broker does ------------------------------------------------------------------------


def lets_in(person: str, room: str = "tea", head: int = 1, **fields: Any) -> Step:
    """Answers the oldest join: the person is in, and the room was at `head` then."""
    return Step(f"{person} is let in", lambda gateway: gateway.let_in(person, room, head, **fields))


def answers(kind: type[m.AnyCommand], answer: type[m.AnyAnswer], **fields: Any) -> Step:
    """Answers the oldest command of this kind."""

    def run(gateway: Gateway) -> None:
        gateway.broker.answer(kind, lambda no: answer(term=1, no=no, **fields))
        gateway.pass_time()

    return Step(f"{kind.__name__} is answered by {answer.__name__} {fields}", run)


def refuses(kind: type[m.AnyCommand], code: str) -> Step:
    return answers(kind, m.Failed, code=code, message="no")


def gives_up(kind: type[m.AnyCommand]) -> Step:
    """The link does not know what became of the oldest command of this kind."""
    return Step(
        f"{kind.__name__} is given up", lambda gateway: _nothing(gateway.broker.answer(kind, None))
    )


def gives_up_all(kind: type[m.AnyCommand]) -> Step:
    """The link gives up all commands of this kind, those included that follow at once."""

    def run(gateway: Gateway) -> None:
        while gateway.broker.of(kind):
            gateway.broker.answer(kind, None)

    return Step(f"each {kind.__name__} is given up", run)


def forgets_questions() -> Step:
    """The broker never answers what was asked so far."""
    return Step("all questions are lost", lambda gateway: gateway.broker.asked.clear())


def answers_page(
    events: list[m.Event],
    *,
    room: str = "tea",
    after: int | None = None,
    more: bool = False,
    to: list[str] | None = None,
) -> Step:
    """Answers the oldest question for a page of this room, after this Seq if one is given."""
    return Step(
        f"a page of {room} after {after}",
        lambda gateway: gateway.answer_page(room, events, after, more, to or []),
    )


def delays_page(room: str = "tea", **fields: Any) -> Step:
    """The oldest question for a page of this room has these fields; its answer is late."""

    def run(gateway: Gateway) -> None:
        asked = next((page for page in gateway.broker.of(m.GetPage) if page.room == room), None)
        assert asked is not None, f"no page of {room} was asked for"
        assert {key: getattr(asked, key) for key in fields} == fields, f"it is {asked}"
        gateway.late.append(gateway.broker.take_one(asked))

    return Step(f"a page of {room} is delayed", run)


def answers_late(events: list[m.Event], *, epoch: str = EPOCH, more: bool = False) -> Step:
    """The answer to the page that was delayed first comes now."""

    def run(gateway: Gateway) -> None:
        asked, answered = gateway.late.pop(0)
        head = events[-1].seq
        answered(
            m.Paged(
                term=1, no=asked.no, room=asked.room, epoch=epoch, head=head, events=events,
                more=more,
            )
        )  # fmt: skip
        gateway.pass_time()

    return Step(f"the delayed page comes, of epoch {epoch}", run)


def tells_heads(
    heads: dict[str, int], *, about: list[str], members: dict[str, list[str]] | None = None
) -> Step:
    """Answers the oldest question for the heads of these people's private rooms."""

    def run(gateway: Gateway) -> None:
        asked = [command for command in gateway.broker.of(m.GetHeads) if command.people]
        assert asked, "nobody's heads were asked for"
        assert asked[0].people == [f"u-{person}" for person in about], f"it was {asked[0]}"
        uids = {room: [f"u-{person}" for person in of] for room, of in (members or {}).items()}
        told = m.HeadsTold(term=1, no=asked[0].no, heads=heads, members=uids)
        gateway.broker.answer_one(asked[0], told)
        gateway.pass_time()

    return Step(f"the heads are {heads}", run)


def happens(*events: m.Event, room: str = "tea", to: list[str] | None = None) -> Step:
    return Step(
        f"in {room} happens {[event.seq for event in events]}",
        lambda gateway: gateway.happens(*events, room=room, to=to),
    )


def said(first: int, last: int | None = None, **where: Any) -> Step:
    """The messages of these Seqs are published."""
    return happens(*messages(first, last or first), **where)


def broadcasts(message: m.AnyBroadcast) -> Step:
    def run(gateway: Gateway) -> None:
        gateway.chat.on_broadcast("", message)
        gateway.pass_time()

    return Step(f"the broker publishes {message}", run)


def marks(head: int) -> Step:
    """Answers all take-ups: every topic that was asked for is live, and its room is at `head`."""
    return Step(f"marks at {head}", lambda gateway: gateway.mark_all(head))


def links(epoch: str = EPOCH, head: int = 0) -> Step:
    """The link is new, and marked."""

    def run(gateway: Gateway) -> None:
        gateway.broker.up = True
        gateway.link(epoch, head)

    return Step(f"a link to epoch {epoch}", run)


def loses_link() -> Step:
    def run(gateway: Gateway) -> None:
        gateway.broker.up = False
        gateway.chat.on_link_down()

    return Step("the link is lost", run)


def relinks(epoch: str = EPOCH) -> Step:
    """The link is lost and comes up again. Nothing that is asked from then on is answered yet."""

    def run(gateway: Gateway) -> None:
        gateway.broker.asked.clear()
        gateway.chat.on_link_down()
        gateway.chat.on_link_up(epoch, 2)
        gateway.pass_time()

    return Step(f"a new link to epoch {epoch}, of which nothing is marked", run)


# --- what happens to the gateway -----------------------------------------------------------------


def seconds(passing: float) -> Step:
    return Step(f"{passing} s", lambda gateway: gateway.pass_time(passing))


def turn() -> Step:
    """The loop of the gateway, which is a `Turns`, takes one turn."""

    def run(gateway: Gateway) -> None:
        assert gateway.turns is not None
        gateway.turns.turn()

    return Step("a turn of the loop", run)


def settles() -> Step:
    """The loop takes turns until there is nothing left to do."""
    return Step("the loop settles", lambda gateway: gateway.settle())


def sheds(room: str = "tea") -> Step:
    """The room's tail is dropped, to save memory: what is missed has to be asked for."""
    return Step(f"{room} sheds its tail", lambda gateway: gateway.room(room).shed())


# --- what is seen --------------------------------------------------------------------------------


def hears(person: str, *lines: Line) -> Step:
    """Exactly these events and resets came to the person since the last look at it."""

    def run(gateway: Gateway) -> None:
        came = gateway.look(person)
        heard = [_line(name, payload, lines) for name, payload in came if name in ("chat", "reset")]
        assert heard == [*lines], f"heard {heard}"

    return Step(f"{person} hears {lines}", run)


def has_seen_all(person: str) -> Step:
    """What came to the person until now, and the answers, are of no interest."""

    def run(gateway: Gateway) -> None:
        gateway.look(person)
        gateway.person(person).acks.clear()

    return Step(f"{person} has seen all", run)


def told(person: str, notice: str, **payload: Any) -> Step:
    """The next thing that comes to the person is this notice with these fields."""

    def run(gateway: Gateway) -> None:
        came = gateway.look(person)
        assert came, "nothing came"
        (name, fields), rest = came[0], came[1:]
        gateway.unseen[person] = rest
        assert name == notice, f"{name} came"
        assert {key: fields.get(key) for key in payload} == payload, f"{fields} came"

    return Step(f"{person} is told {notice} {payload}", run)


def told_nothing(person: str) -> Step:
    def run(gateway: Gateway) -> None:
        came = gateway.look(person)
        assert not came, f"{came} came"

    return Step(f"{person} is told nothing", run)


def acked(person: str, **fields: Any) -> Step:
    """The next answer to the person has these fields."""

    def run(gateway: Gateway) -> None:
        acks = gateway.person(person).acks
        assert acks, "nothing was answered"
        ack = acks.pop(0)
        assert {key: ack.get(key) for key in fields} == fields, f"it was {ack}"

    return Step(f"{person} is answered {fields}", run)


def refused(person: str, code: str) -> Step:
    def run(gateway: Gateway) -> None:
        acks = gateway.person(person).acks
        assert acks, "nothing was answered"
        ack = acks.pop(0)
        assert not ack["ok"], f"it was {ack}"
        assert ack["error"]["code"] == code, f"it was {ack}"

    return Step(f"{person} is refused: {code}", run)


def unanswered(person: str) -> Step:
    """The next answer to the person is none: its client asks again."""

    def run(gateway: Gateway) -> None:
        ack = gateway.person(person).acks.pop(0)
        assert ack is None, f"it was {ack}"

    return Step(f"{person} is left unanswered", run)


def asked(kind: type[m.AnyCommand], *commands: dict[str, Any]) -> Step:
    """The broker has exactly these unanswered commands of this kind: a dict names fields."""

    def run(gateway: Gateway) -> None:
        waiting = gateway.broker.of(kind)
        assert len(waiting) == len(commands), f"there are {waiting}"
        for command, fields in zip(waiting, commands, strict=True):
            assert {key: getattr(command, key) for key in fields} == fields, f"it is {command}"

    return Step(f"{kind.__name__} was asked: {commands}", run)


def asked_pages(room: str, *pages: dict[str, Any]) -> Step:
    """The broker has exactly these unanswered questions for pages of this room."""

    def run(gateway: Gateway) -> None:
        waiting = [page for page in gateway.broker.of(m.GetPage) if page.room == room]
        assert len(waiting) == len(pages), f"there are {waiting}"
        for page, fields in zip(waiting, pages, strict=True):
            assert {key: getattr(page, key) for key in fields} == fields, f"it is {page}"

    return Step(f"pages of {room} were asked for: {pages}", run)


def marks_wanted(*topics: str) -> Step:
    """These topics are among those whose marks are asked for now."""

    def run(gateway: Gateway) -> None:
        wanted = {topic for command in gateway.broker.of(m.TakeUp) for topic in command.topics}
        assert wanted >= {*topics}, f"wanted are {wanted}"

    return Step(f"marks of {topics} are wanted", run)


def caught_up(is_it: bool = True) -> Step:
    def run(gateway: Gateway) -> None:
        assert gateway.chat.maintenance.caught_up == is_it

    return Step(f"the gateway is {'' if is_it else 'not '}caught up", run)


def sent_away(person: str, code: str) -> Step:
    """The person was told why, and its socket is closed for good."""

    def run(gateway: Gateway) -> None:
        browser = gateway.person(person)
        assert browser.transport.last, "it was not told why"
        assert code in browser.transport.last[0].packet
        assert browser.socket.closed

    return Step(f"{person} is sent away: {code}", run)


def stays(person: str) -> Step:
    def run(gateway: Gateway) -> None:
        browser = gateway.person(person)
        assert not browser.socket.closed
        assert not browser.transport.lost

    return Step(f"{person} stays", run)


def cut_off(person: str, is_it: bool = True) -> Step:
    def run(gateway: Gateway) -> None:
        assert gateway.person(person).transport.lost == is_it

    return Step(f"{person} is {'' if is_it else 'not '}cut off", run)


def _line(name: str, payload: dict[str, Any], like: tuple[Line, ...]) -> Line:
    """An event with its text if the test asks for texts."""
    if name != "chat":
        return name
    with_text = {line[0] for line in like if isinstance(line, tuple)}
    seq = int(payload["Seq"])
    return (seq, str(payload["Text"])) if seq in with_text else seq


def _nothing(_: object) -> None:
    """Steps have no result."""
