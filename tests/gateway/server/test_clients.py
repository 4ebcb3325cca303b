"""The library's list of clients."""

import socketio

from gateway.server.clients import NAMESPACE, Clients


def test_a_client_that_goes_leaves_nothing_behind() -> None:
    clients = Clients()
    socketio.AsyncServer(async_mode="aiohttp", client_manager=clients)
    ann, bob = clients.admit("e1"), clients.admit("e2")
    assert ann is not None
    assert bob is not None
    assert clients.admit("e1") is None  # a second CONNECT
    clients.basic_enter_room(ann, NAMESPACE, "room")
    assert clients.is_connected(ann, NAMESPACE)
    assert dict(clients.get_participants(NAMESPACE, ann)) == {ann: "e1"}
    assert dict(clients.get_participants(NAMESPACE, "room")) == {ann: "e1"}
    assert dict(clients.get_participants(NAMESPACE, None)) == {ann: "e1", bob: "e2"}
    assert clients.get_rooms(ann, NAMESPACE) == ["room"]
    clients.basic_disconnect(ann, NAMESPACE)
    clients.basic_disconnect(bob, NAMESPACE)
    assert not clients.rooms
    assert not clients._entered
