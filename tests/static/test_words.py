"""All that people read stands in static/js/words.js, and index.html has the same English words."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from gateway.server.javascript import tokens
from tests.support.surroundings import need_tool

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
SOURCES = sorted({*(STATIC / "js").rglob("*.js")} - {STATIC / "js" / "words.js"})
KEYS = {"Enter", "Escape", "Files"}
"""Names of keys and of kinds of dragged things."""
NOT_READ = {
    "#timeline [data-seq]", ":scope > [data-seq]", "message waiting ", "message ", "text gone",
    "noopener noreferrer nofollow",
    "(pointer: fine)",
    "hubbub.",
}  # fmt: skip
"""Selectors, classes, relations, a media query, the prefix of names in the storage."""
READABLE = re.compile(r"[A-Za-z]{2,}[,.:;]? +[A-Za-z(]|^ *[A-Z][a-z]+\b|[a-z][.!?…]$|…")
"""Several words, a capital at the beginning, or an end of a sentence."""
READ_OUT = re.compile(r'\b(?:title|aria-label|placeholder|alt)="[^"]*[A-Za-z][^"]*"')


def words_of_the_page() -> dict[str, Any]:
    need_tool("node")
    script = 'import { words } from "./static/js/words.js"; console.log(JSON.stringify(words));'
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    words: dict[str, Any] = json.loads(done.stdout)
    return words


def texts_in(words: Any) -> list[str]:
    if isinstance(words, str):
        return [words]
    return [text for each in words.values() for text in texts_in(each)]


def literals(source: str) -> tuple[list[str], list[str]]:
    """The plain strings of a module, and its HTML templates; `\\0` stands for a value."""
    plain: list[str] = []
    html: list[str] = []
    open_templates: list[tuple[bool, list[str]]] = []
    before = ""
    for token in tokens(source):
        if token.kind == "string" and before not in ("from", "import"):
            plain.append(token.text[1:-1])
        elif token.kind == "template":
            if token.text.startswith("`"):
                open_templates.append((before == "html", []))
            is_html, parts = open_templates[-1]
            parts.append(token.text.removeprefix("`").removeprefix("}"))
            if not token.text.endswith("${"):
                open_templates.pop()
                text = "\0".join(part.removesuffix("`").removesuffix("${") for part in parts)
                (html if is_html else plain).append(text)
        if token.kind not in ("space", "comment"):
            before = token.text
    return plain, html


def readable_in(source: str) -> list[str]:
    plain, html = literals(source)
    found = [
        text
        for text in plain
        if READABLE.search(text.replace("\0", "")) and text.strip("\0") not in KEYS | NOT_READ
    ]
    for template in html:
        found += READ_OUT.findall(template)
        between = re.sub(r"<[^>]*>", "\0", template)
        found += [text for text in between.split("\0") if re.search(r"[A-Za-z]", text)]
    return found


def test_the_scan_finds_what_people_read() -> None:
    assert readable_in('say("Not sent"); a = `Leave ${room}`; b = "waiting…"; c = "not sent"')
    assert readable_in('html`<p title="Write to ${name}"></p>`') == ['title="Write to \0"']
    assert readable_in("html`<p>${html`<b>here</b>`}</p>`") == ["here"]
    assert readable_in('import { a } from "./A b.js"; on("click", html`<p class="a b">${a}`)') == []


def test_no_file_but_words_has_a_text_that_people_read() -> None:
    texts = {*texts_in(words_of_the_page())}
    assert len(texts) > 100
    found = {}
    for path in SOURCES:
        source = path.read_text()
        plain, _ = literals(source)
        copies = [text for text in plain if text in texts and re.search(r"[A-Z …]", text)]
        if here := readable_in(source) + copies:
            found[path.name] = here
    assert found == {}


class Page(HTMLParser):
    """Collects the words that an HTML file has, and those that it names in `data-words`."""

    def __init__(self) -> None:
        super().__init__()
        self.has: set[tuple[str, str]] = set()
        self.named: dict[tuple[str, str], str] = {}
        self._open: list[dict[str, str]] = [{}]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag not in ("meta", "link", "img", "input"):
            self._open.append(attributes)
        for name in ("title", "aria-label", "placeholder", "alt"):
            if attributes.get(name):
                self.has.add((name, attributes[name]))
        if attributes.get("name") == "description":
            self.has.add(("content", attributes["content"]))
        for pair in attributes.get("data-words", "").split():
            where, _, key = pair.partition("=")
            if where != "text":
                self.named[where, attributes[where]] = key

    def handle_data(self, data: str) -> None:
        if not (text := data.strip()) or text.startswith("<!"):
            return
        self.has.add(("text", text))
        for pair in self._open[-1].get("data-words", "").split():
            where, _, key = pair.partition("=")
            if where == "text":
                self.named["text", text] = key

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()


def test_the_words_of_the_html_file_are_those_of_the_english_page() -> None:
    words = words_of_the_page()
    page = Page()
    page.feed((STATIC / "index.html").read_text())
    assert len(page.named) > 10
    for (where, text), key in page.named.items():
        assert words[key] == text, (where, key)
    not_named = {text for where, text in page.has if (where, text) not in page.named}
    assert not_named == {"Hubbub", "Hubbub needs JavaScript."}, "no script changes these"


def test_every_text_is_used() -> None:
    used = "".join(path.read_text() for path in [*SOURCES, STATIC / "index.html"])
    groups = {"refusals", "states", "troubles", "lang", "dir"}
    for key in words_of_the_page().keys() - groups:
        assert re.search(rf'\bwords\.{key}\b|"{key}"|={key}\b', used), key
