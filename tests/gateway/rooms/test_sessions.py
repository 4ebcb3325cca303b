"""gateway/rooms/sessions.py: who is here, by socket and by person."""

from gateway.rooms.sessions import Session, Sessions
from gateway.transport.sockets import Socket
from tests.support.gateway_rig import Rig, Transport


def session(sessions: Sessions, sid: str) -> Session:
    return sessions.add(Socket(sid, Transport(), Rig().chat, 32))


def test_a_person_may_have_one_socket_or_several() -> None:
    sessions = Sessions()
    a, b, c = (session(sessions, sid) for sid in "abc")
    sessions.bind(a, "ann")
    sessions.bind(a, "ann")
    assert list(sessions.of_people(["ann", "bob"])) == [a]
    sessions.bind(b, "ann")
    sessions.bind(c, "ann")
    assert list(sessions.of_people(["ann"])) == [a, b, c]
    sessions.drop(a)
    sessions.drop(c)
    assert list(sessions.of_people(["ann"])) == [b]
    sessions.drop(b)
    assert (list(sessions.of_people(["ann"])), sessions.people(), len(sessions)) == ([], [], 0)


def test_floors_of_one_are_no_floors_of_another() -> None:
    sessions = Sessions()
    a, b = (session(sessions, sid) for sid in "ab")
    a.set_floors({"@r": 4})
    assert (a.floor("@r"), b.floor("@r"), dict(b.floors)) == (4, 0, {})
    b.set_floors({})
    b.set_floors({"@r": 2})
    assert (a.floor("@r"), b.floor("@r")) == (4, 2)


def test_a_session_that_goes_during_a_registration_is_left_out() -> None:
    sessions = Sessions()
    a, b, c = (session(sessions, sid) for sid in "abc")
    for one in (a, b, c):
        sessions.bind(one, f"u-{one.socket.sid}")
    told = sessions.session_infos()
    assert next(told).sid == "a"
    b.gone = True
    session(sessions, "d")
    sessions.drop(a)
    assert [session.sid for session in told] == ["c"]
