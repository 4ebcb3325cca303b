"""The page in another language: one more file of words gives texts, direction and plural forms."""

import re
from collections.abc import Callable

from playwright.async_api import Browser, Route, expect

from gateway.server.assets import ENTRY
from gateway.server.bundle import bundle
from gateway.server.page import STATIC
from tests.browser.window import Window, new_window
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
FORMS = {form: f"{form}: {{count}}" for form in ("zero", "one", "two", "few", "many", "other")}
"""Arabic has all six."""


def page_in_arabic() -> str:
    """The page's script with the words of a language that is written from right to left."""
    sources = {
        path.relative_to(STATIC).as_posix(): path.read_text() for path in STATIC.rglob("*.js")
    }
    words = sources["js/words.js"]
    for key, value in {
        "lang": '"ar"',
        "dir": '"rtl"',
        "send": '"إرسال"',
        "messages": '"الرسائل"',
        "newMessages": f"{FORMS}",
        "messageTo": '"رسالة إلى {room}"',
        "joined": '"انضم {name}"',
    }.items():
        words, count = re.subn(rf"^  {key}: .*,$", f"  {key}: {value},", words, flags=re.M)
        assert count == 1, key
    return bundle(ENTRY, {**sources, "js/words.js": words})


async def in_arabic(browser: Browser, url: str) -> Window:
    context = await browser.new_context(locale="ar-EG")

    async def serve(route: Route) -> None:
        await route.fulfill(body=page_in_arabic(), content_type="text/javascript")

    await context.route(re.compile(r"/static/page-\w+\.js$"), serve)
    return await new_window(context, url)


async def test_a_language_is_one_more_file_of_words(
    hubbub: System, browser: Browser, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    for number in range(60):
        await bob.say(room, f"line {number}")
    ann = await in_arabic(browser, hubbub.url)
    await ann.open(name("ann"), f"#{room}")
    page = ann.page
    assert await page.evaluate("[document.documentElement.lang, document.dir]") == ["ar", "rtl"]
    await expect(page.get_by_role("button", name="إرسال")).to_be_visible()
    await expect(page.get_by_role("log", name="الرسائل")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_have_attribute(
        "placeholder", f"رسالة إلى #{room}"
    )
    await ann.sees_note(f"انضم {name('ann')}")
    boxes = [await page.locator(part).bounding_box() for part in ("#rooms", "main")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] > boxes[1]["x"], "the list of rooms is on the right"
    await page.evaluate("document.querySelector('#timeline').scrollTop = 0")
    await expect(page.locator("#latest")).to_be_visible()
    latest = page.locator("#latest")
    for count, shown in ((1, "one: \u0661"), (2, "two: \u0662"), (3, "few: \u0663")):
        await bob.say(room, f"more {count}")
        await expect(latest).to_have_text(shown)
    for count in range(4, 12):
        await bob.say(room, f"more {count}")
    await expect(latest).to_have_text("many: \u0661\u0661")
    assert not ann.complaints(cut_off=False)
