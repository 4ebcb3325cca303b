"""gateway/rooms/public_room.py: presence and typing reach the subscribers."""

from common import messages as m
from tests.support.gateway_rig import Rig


def test_presence_is_passed_on() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    news = m.Presence(term=1, room="tea", since=5, version=6, count=2, joined=["bob"])
    rig.chat.on_broadcast("", news)
    assert ann.hears() == [
        (
            "presence",
            {"Room": "tea", "Since": 5, "Version": 6, "Count": 2, "Joined": ["bob"], "Left": []},
        )
    ]


def test_typing_goes_to_the_others() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    rig.chat.on_broadcast("", m.Typing(term=1, room="tea", users={"u-ann": "ann"}))
    assert ann.hears() == [("typing", {"Room": "tea", "Users": []})]
    assert bob.hears() == [("typing", {"Room": "tea", "Users": ["ann"]})]
