"""A tab that nobody looks at tells by its title what is new."""

from collections.abc import Callable
from pathlib import Path

from tests.browser.tabs import real_tabs
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
NAME = """document.querySelector('#name').value = '{}';
document.querySelector('#naming form').requestSubmit()"""


async def test_the_title_of_a_hidden_tab_says_what_is_new(
    hubbub: System, visit: Visit, room: str, name: Name, tmp_path: Path
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    async with real_tabs(tmp_path) as tabs:
        ann = await tabs.open(f"{hubbub.url}/#{room}")
        await ann.has("document.querySelector('#naming')?.open", True)
        await ann.run(NAME.format(name("ann")))
        await ann.has("document.querySelector('#status')?.textContent", "Online")
        other = await tabs.open("about:blank")
        await other.show()
        await ann.has("document.visibilityState", "hidden")
        await ann.has("document.title", f"#{room} · Hubbub")
        await bob.say(room, "anybody here?")
        await ann.has("document.title", f"• #{room} · Hubbub")
        await bob.say(room, f"@{name('ANN')}?")
        await ann.has("document.title", f"(1) #{room} · Hubbub")
        private = (await bob.direct(user=name("ann")))["room"]
        await bob.say(private, "psst")
        await ann.has("document.title", f"(2) #{room} · Hubbub")
        await ann.show()
        await ann.has("document.title", f"(1) #{room} · Hubbub")
        await ann.run(f"location.hash = '{private}'")
        await ann.has("document.title", f"{name('bob')} · Hubbub")
