"""gateway/chat/maintenance.py, gateway/gauges.py, gateway/app.py: what is done by the clock, and
what operators see."""

import pytest
from prometheus_client import generate_latest

from common import messages as m
from common.names import SYSTEM
from common.settings import Settings
from gateway import gauges
from gateway.app import make_app
from gateway.rooms.marks import TAKE_UP_TOPICS
from gateway.server.listener import IdleReaper
from tests.support.events import message, messages
from tests.support.gateway_playbook import (
    Gateway,
    answers,
    answers_page,
    asked,
    broadcasts,
    caught_up,
    connects,
    forgets_questions,
    hears,
    is_in,
    joins,
    lets_in,
    links,
    loses_link,
    marks,
    marks_wanted,
    play,
    relinks,
    said,
    seconds,
    sent_away,
    stays,
    steps,
    told,
    told_nothing,
)
from tests.support.gateway_rig import EPOCH, Rig, Turns

TEA = m.events_topic("tea")
OWN = m.gateway_topic("g1")


def beacon(beat: int, **heads: int) -> m.Beacon:
    return m.Beacon(term=1, beat=beat, epoch=EPOCH, heads=heads)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def test_a_lost_link_is_told_after_two_seconds_and_its_return_at_once(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        loses_link(),
        seconds(1.9),
        told_nothing("ann"),
        seconds(0.2),
        told("ann", "link", Up=False),
        connects("bob"),
        told("bob", "link", Up=False),
        links(),
        told("ann", "link", Up=True),
        told("bob", "link", Up=True),
    )


def test_a_short_loss_is_not_told(gateway: Gateway) -> None:
    play(gateway, is_in("ann"), loses_link(), links(), seconds(3.0), told_nothing("ann"))


def test_marks_are_asked_for_until_they_are_seen(gateway: Gateway) -> None:
    asks_again = steps(marks_wanted(TEA), caught_up(False), forgets_questions(), seconds(1.1))
    play(gateway, joins("ann"), lets_in("ann"), *[asks_again] * 3, marks(0), caught_up())


def test_a_mark_of_an_earlier_link_proves_nothing(gateway: Gateway) -> None:
    topics = [OWN, m.events_topic(SYSTEM)]
    play(
        gateway,
        connects("ann"),
        marks(0),
        caught_up(),
        relinks(),
        marks_wanted(*topics),
        *(broadcasts(m.Marked(term=1, topic=topic, nonce="old", epoch=EPOCH)) for topic in topics),
        caught_up(False),
        marks(0),
        caught_up(),
    )


def test_a_beacon_shows_a_hole_at_the_very_end(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=3),
        broadcasts(beacon(1, tea=5)),
        answers_page(messages(4, 5)),
        hears("ann", 4, 5),
    )


def test_after_too_many_missed_beacons_all_heads_are_requested(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=3),
        broadcasts(beacon(1)),
        forgets_questions(),
        broadcasts(beacon(4)),
        asked(m.GetHeads),
        broadcasts(beacon(8)),
        answers(m.GetHeads, m.HeadsTold, heads={"tea": 4}),
        answers_page(messages(4, 4)),
        hears("ann", 4),
    )


def test_without_beacons_the_mark_of_the_own_topic_is_requested_again(gateway: Gateway) -> None:
    play(gateway, asked(m.TakeUp), seconds(4.5), marks_wanted(OWN))


def test_after_a_relink_only_what_was_missed_is_asked_for(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=3),
        relinks(),
        said(5),
        marks(5),
        answers_page(messages(4, 5), after=3),
        hears("ann", 4, 5),
    )


def test_the_marks_of_very_many_rooms_are_requested_in_steps() -> None:
    loop = Turns()
    rig = Rig(loop)
    ann = rig.browser()
    session = rig.chat.sessions.get(ann.socket.sid)
    assert session is not None
    rooms = [f"r{number}" for number in range(10 * TAKE_UP_TOPICS)]
    for room in rooms:
        rig.chat.rooms.public(room).subscribe(session)
    loop.run()
    rig.mark_all()
    rig.broker.asked.clear()
    rig.chat.on_link_up(EPOCH, 2)
    assert rig.broker.of(m.TakeUp) == []
    turns = 0
    while len(asked := [t for command in rig.broker.of(m.TakeUp) for t in command.topics]) <= len(
        rooms
    ):
        rooms_before = len(asked)
        loop.turn()
        turns += 1
        assert not rig.chat.maintenance.caught_up
        new = [t for command in rig.broker.of(m.TakeUp) for t in command.topics][rooms_before:]
        assert len(new) <= 4 * TAKE_UP_TOPICS
    assert turns > 2
    assert asked[0] == m.gateway_topic("g1")
    assert sorted(asked[1:]) == sorted(m.events_topic(room) for room in ["system", *rooms])
    assert not any(room.replica.live for room in rig.chat.rooms)
    rig.mark_all()
    assert rig.chat.maintenance.caught_up


def test_the_figures_count_sockets_and_rooms() -> None:
    rig = Rig()
    rig.seated("ann")
    gauges.register(rig.chat.metrics, rig.chat, rig.broker)
    text = generate_latest(rig.chat.metrics.registry).decode()
    assert "hubbub_gateway_connections 1.0" in text
    assert "hubbub_gateway_rooms 2.0" in text


def test_all_counts_of_the_link_are_exported() -> None:
    rig = Rig()
    gauges.register(rig.chat.metrics, rig.chat, rig.broker)
    rig.broker.counts.relinks = 3
    rig.broker.counts.late_answers = 2
    text = generate_latest(rig.chat.metrics.registry).decode()
    assert "hubbub_gateway_relinks_total 3.0" in text
    assert "hubbub_gateway_late_answers_total 2.0" in text
    for name in ("bad_frames", "refused_old_term", "given_up", "turned_away", "link_faults"):
        assert f"hubbub_gateway_{name}_total 0.0" in text


def test_unsent_bytes_are_those_of_the_scrape_before() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    gauges.register(rig.chat.metrics, rig.chat, rig.broker)
    rig.happens(message(2))

    def figure() -> float:
        text = generate_latest(rig.chat.metrics.registry).decode()
        rig.pass_time()
        return float(text.partition("\nhubbub_gateway_outbox_bytes ")[2].partition("\n")[0])

    figure()
    assert figure() == ann.socket.unsent_bytes + bob.socket.unsent_bytes > 0
    ann.hears()
    figure()
    assert figure() == bob.socket.unsent_bytes


async def test_the_application_serves_what_it_should() -> None:
    rig = Rig()
    app, _ = make_app(Settings(), rig.chat, rig.chat.metrics, IdleReaper(30))
    paths = {resource.canonical for resource in app.router.resources()}
    assert {"/", "/healthz", "/readyz", "/metrics", "/socket.io/socket.io.js"} <= paths


async def test_a_kick_that_was_lost_is_in_the_next_beacon(gateway: Gateway) -> None:
    play(gateway, is_in("ann"), is_in("bob"))
    kicked = [gateway.person("bob").socket.sid, "nobody"]
    beacon = m.Beacon(term=1, beat=1, epoch=EPOCH, heads={}, kicked=kicked)
    play(gateway, broadcasts(beacon), broadcasts(beacon), sent_away("bob", "banned"), stays("ann"))
