"""gateway/rooms/plain_rosters.py: plain pages get all names in one line, and who is typing as a
name."""

from common import messages as m
from tests.support.gateway_rig import Browser, Rig


def plain(rig: Rig, name: str, names: list[str], count: int, crowd: bool) -> Browser:
    pat = rig.browser()
    pat.asks("join", name)
    rig.let_in(name, "lobby", head=0)
    rig.mark_all()
    while rig.broker.of(m.GetPage):
        rig.page([])
    rig.pass_time(0.1)
    pat.hears()
    rig.broker.answer(
        m.GetNames,
        lambda no: m.Listed(
            term=1, no=no, count=count, version=1, users=names, more=False, crowd=crowd
        ),
    )
    return pat


def test_plain_pages_get_one_line_of_names() -> None:
    pat = plain(Rig(), "pat", ["ann", "pat"], 2, crowd=False)
    assert pat.hears() == [("participant", "ann, pat")]


def test_plain_pages_of_a_crowd_get_the_first_hundred() -> None:
    names = [f"p{n:03}" for n in range(200)]
    pat = plain(Rig(), "p000", names, 10_000, crowd=True)
    ((_, line),) = pat.hears()
    assert line == ", ".join(names[:100]) + ", … and 9900 more"


def test_typing_on_a_plain_page_is_a_name() -> None:
    rig = Rig()
    pat = plain(rig, "pat", ["pat"], 1, crowd=False)
    pat.hears()
    rig.chat.on_broadcast("", m.Typing(term=1, room="lobby", users={"u-ann": "ann"}))
    assert pat.hears() == [("typing", "ann")]
    rig.chat.on_broadcast("", m.Typing(term=1, room="lobby", users={}))
    assert pat.hears() == [("typing", "")]
