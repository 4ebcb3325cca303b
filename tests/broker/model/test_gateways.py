"""broker.model.gateways and the states of broker.model.records.Gateway: links, leases, graces."""

import pytest

from broker.effects import IdentityFact
from broker.model.gateways import Gateways
from broker.model.records import TRANSITIONS, Gateway, GatewayEvent, GatewayState, Person, Session
from common.errors import Refused
from common.transitions import ImpossibleTransition

LEASE_S, GRACE_S = 10.0, 30.0


@pytest.fixture
def gateways() -> Gateways:
    return Gateways(LEASE_S, GRACE_S)


def connect(gateway: Gateway) -> None:
    person = Person(IdentityFact("uid", "ann", False, False, 0.0, {}))
    gateway.sessions["sid"] = Session(gateway, "sid", person, False)


def register(gateway: Gateway) -> None:
    gateway.on(GatewayEvent.REGISTER)
    gateway.on(GatewayEvent.LAST_REGISTER)


def test_a_gateway_is_awaited_then_registers_then_is_registered(gateways: Gateways) -> None:
    gateway = gateways.get_or_add("g1", 0.0)
    connect(gateway)
    assert (gateway.state, gateway.has_link) == (GatewayState.AWAITED, False)
    assert gateways.any_awaited()
    gateways.bind(b"link", "g1", "p", 1.0)
    assert (gateway.state, gateway.has_link) == (GatewayState.REGISTERING, True)
    assert gateways.any_awaited()
    register(gateway)
    assert gateway.state is GatewayState.REGISTERED
    assert not gateways.any_awaited()
    assert gateways.linked() == [gateway]


def test_a_silent_gateway_is_orphaned_and_its_people_have_a_grace(gateways: Gateways) -> None:
    gateways.bind(b"link", "g1", "p", 0.0)
    gateway = gateways.renew(b"link", 5.0)
    connect(gateway)
    assert gateways.expire(5.0 + LEASE_S - 0.1) == []
    assert gateway.has_link
    assert gateways.expire(5.0 + LEASE_S) == []
    assert gateway.state is GatewayState.ORPHANED
    with pytest.raises(Refused, match="say hello"):
        gateways.renew(b"link", 20.0)
    assert gateways.expire(5.0 + LEASE_S + GRACE_S) == [gateway]


def test_an_orphaned_gateway_may_come_back(gateways: Gateways) -> None:
    gateways.bind(b"link", "g1", "p", 0.0)
    gateway = gateways.renew(b"link", 0.0)
    connect(gateway)
    gateways.unbind(gateway, 1.0)
    gateways.bind(b"other", "g1", "p", 2.0)
    assert gateway.state is GatewayState.REGISTERING
    assert gateways.expire(2.0 + LEASE_S - 0.1) == []
    assert gateways.at(b"other") is gateway


def test_a_gateway_without_people_is_forgotten(gateways: Gateways) -> None:
    gateways.bind(b"link", "g1", "p", 0.0)
    assert gateways.expire(LEASE_S) == []
    assert gateways.get_or_add("g1", 0.0).state is GatewayState.AWAITED, "this is a new one"


def test_named_sids_are_those_of_one_registration(gateways: Gateways) -> None:
    gateways.bind(b"link", "g1", "p", 0.0)
    gateway = gateways.renew(b"link", 0.0)
    gateway.on(GatewayEvent.REGISTER)
    gateway.named.add("sid")
    gateway.on(GatewayEvent.REGISTER)
    assert gateway.named == {"sid"}
    gateways.bind(b"link", "g1", "p", 1.0)
    assert gateway.named == set()


@pytest.mark.parametrize("state", GatewayState)
@pytest.mark.parametrize("event", GatewayEvent)
def test_an_impossible_transition_is_a_fault_of_ours(
    state: GatewayState, event: GatewayEvent
) -> None:
    gateway = Gateway("g1", 0.0)
    gateway.state = state
    if (state, event) in TRANSITIONS:
        gateway.on(event)
        assert gateway.state is TRANSITIONS[state, event]
    else:
        with pytest.raises(ImpossibleTransition, match=f"no {event.name} in {state.name}"):
            gateway.on(event)
