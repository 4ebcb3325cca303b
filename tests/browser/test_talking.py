"""Two windows talk: messages, names, rooms, and what must never become HTML."""

from collections.abc import Callable

from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.support.surroundings import run_module
from tests.support.system import System

Name = Callable[[str], str]

HOSTILE = [
    "<script>document.title = 'taken'</script>",
    "<img src=x onerror=\"alert('taken')\">",
    "&lt;b&gt; ${1+1} {{2+2}} <!-- -->",
    "javascript:alert(1)",
]


async def test_two_windows_talk_to_each_other(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.sees_note(f"{name('bob')} joined")
    await ann.say("hello")
    await bob.sees("hello")
    await bob.say("hello yourself")
    await ann.sees("hello yourself")
    await ann.sees("hello")
    assert await ann.seqs() == [1, 2, 3, 4]
    await expect(ann.page.locator(".waiting")).to_have_count(0)


async def test_a_line_break_is_typed_with_shift(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.write("one")
    await ann.page.keyboard.press("Shift+Enter")
    await ann.page.keyboard.type("two")
    await ann.page.keyboard.press("Enter")
    line = ann.page.locator(".message .text")
    assert await line.inner_text() == "one\ntwo"


async def test_a_reload_keeps_name_and_place(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.say("before")
    await ann.sees("before")
    await ann.page.reload()
    await ann.is_online()
    await ann.is_in(f"#{room}")
    await ann.sees_names(name("ann"))
    await ann.sees("before")
    await ann.say("after")
    await ann.sees("after")
    assert await ann.seqs() == [1, 2, 3]  # nobody left, nobody joined


async def test_what_looks_like_html_is_shown_as_text(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    user = f"<b>{name('ann')}</b>"
    ann = await open_window(hubbub.url, user, f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    for text in HOSTILE:
        await ann.say(text)
    for window in (ann, bob):
        for text in HOSTILE:
            await window.sees(text)
        await window.sees_names(user, name("bob"))
        assert await window.page.title() == f"#{room} · Hubbub"
        assert await window.page.locator("main img, main script, main b b").count() == 0


async def test_nobody_is_listed_twice(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    again = await open_window(hubbub.url, place=f"#{room}", beside=ann)
    other = await open_window(hubbub.url, name("ANN"), f"#{room}")
    await ann.page.reload()
    await other.say("that name was in use")
    taken = f"{name('ANN')}2"
    for window in (ann, bob, again, other):
        await window.sees("that name was in use")
        await window.sees_names(name("ann"), taken, name("bob"))
    await expect(other.page.locator("#me")).to_have_text(taken)
    told = other.page.locator("#toast")
    await expect(told).to_contain_text(f"{name('ANN')} is taken, you are {taken}.")
    await told.get_by_role("button", name="Change").click()
    await expect(other.page.get_by_label("People in the room will see it.")).to_have_value(taken)


async def test_a_new_name_is_shown_once_and_kept(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.page.locator("#me").click()
    await ann.page.get_by_label("People in the room will see it.").fill(name("zoe"))
    await ann.page.keyboard.press("Enter")
    await bob.sees_note(f"{name('zoe')} is the new name of {name('ann')}")
    await bob.sees_names(name("bob"), name("zoe"))
    await ann.page.reload()
    await ann.sees_names(name("bob"), name("zoe"))


async def test_a_bad_name_is_asked_for_again(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.page.locator("#me").click()
    field = ann.page.get_by_label("People in the room will see it.")
    error = ann.page.locator("#naming-error")
    for bad, why in (("a,b", "comma"), ("x" * 41, "41"), (" ", "write"), ("a\x7fb", "characters")):
        await field.fill(bad)
        await field.press("Enter")
        await expect(error).to_contain_text(why)
        await expect(field).to_have_value(bad)
    await ann.page.evaluate("localStorage.setItem('hubbub.name', '\"a,b\"')")
    await ann.page.reload()
    await expect(error).to_contain_text("comma")
    await field.fill(name("ann"))
    await field.press("Enter")
    await ann.is_online()
    await ann.sees_names(name("ann"))
    await ann.page.locator("#me").click()
    await field.fill("👩‍👩‍👧" * 8)  # 40 characters to the broker, 64 to JavaScript
    await field.press("Enter")
    await expect(ann.page.locator("#naming")).to_be_hidden()
    await expect(ann.page.locator("#me")).to_have_text("👩‍👩‍👧" * 8)


async def test_rooms_are_joined_left_and_counted(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    second = f"{room}-two"
    await ann.page.get_by_label("Join or make a room").fill(second.upper())
    await ann.page.keyboard.press("Enter")
    await ann.is_in(f"#{second}")
    await ann.sees_names(name("ann"))
    assert ann.page.url.endswith(f"#{second}")
    await bob.say("are you there?")
    await bob.say("ann?")
    await ann.shows_unread(f"#{room}", 2)
    await ann.page.go_back()
    await ann.is_in(f"#{room}")
    await ann.sees("ann?")
    await ann.shows_unread(f"#{room}", 0)
    await ann.page.get_by_role("button", name=f"Leave {room}", exact=True).click()
    await ann.is_in(f"#{second}")
    await bob.sees_note(f"{name('ann')} left")
    await bob.sees_names(name("bob"))


async def test_what_cannot_be_done_is_said(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.write("👋" * 4001)
    await expect(ann.page.locator("#length")).to_have_text("1 character too many")
    await expect(ann.page.get_by_role("button", name="Send")).to_be_disabled()
    await ann.say("👋" * 4000)
    await ann.sees("👋" * 4000)
    await ann.page.goto(f"{hubbub.url}#system")
    await expect(ann.page.locator("#toast")).to_contain_text("#system")
    await ann.is_in(f"#{room}")


async def test_others_see_who_types(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.write("I am about to say…")
    typing = bob.page.locator("#typing")
    await expect(typing).to_have_text(f"{name('ann')} is typing…")
    await ann.say("this")
    await bob.sees("this")
    await expect(typing).to_have_text("")
    await expect(ann.page.locator("#typing")).to_have_text("")


async def test_announcements_are_seen_in_every_room(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}-two")
    broker = hubbub.settings["HUBBUB_BROKER"]
    run_module("scripts.announce", f"All of {room}, listen!", HUBBUB_BROKER=broker)
    for window in (ann, bob):
        notice = window.page.locator(".announcement").filter(has_text=f"All of {room}, listen!")
        await expect(notice).to_have_count(1)
    await ann.page.reload()
    await expect(notice).to_have_count(1)


async def test_a_deleted_message_is_gone_everywhere(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.say("a mistake")
    await ann.sees("a mistake")
    broker = hubbub.settings["HUBBUB_BROKER"]
    done = run_module("scripts.delete", room, "2", HUBBUB_BROKER=broker)
    assert done.returncode == 0, done.stderr
    await ann.sees("This message was deleted.")
    await ann.sees("a mistake", times=0)
    await ann.page.reload()
    await ann.sees("This message was deleted.")


async def test_who_is_banned_is_told(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    eve = await open_window(hubbub.url, name("eve"), f"#{room}")
    broker = hubbub.settings["HUBBUB_BROKER"]
    done = run_module("scripts.ban", name("eve"), HUBBUB_BROKER=broker)
    assert done.returncode == 0, done.stderr
    await eve.shows_status("Closed")
    await expect(eve.page.locator("#refusal")).to_contain_text("banned")
    await eve.page.reload()
    await eve.shows_status("Closed")
    for gone in ("#naming", "#composer", "#timeline", "#me", "#rooms form", "#toast"):
        await expect(eve.page.locator(gone)).to_be_hidden()
