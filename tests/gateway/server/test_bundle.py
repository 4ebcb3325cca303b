"""gateway/server/bundle.py and gateway/server/javascript.py: modules become one script that does
the same."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.server.bundle import bundle
from gateway.server.javascript import SourceError, tokens
from tests.support.surroundings import need_tool

STATIC = Path(__file__).parents[2] / "static"
FILES = {path.relative_to(STATIC).as_posix(): path.read_text() for path in STATIC.rglob("*.js")}


def run(script: str) -> str:
    """What node prints."""
    need_tool("node")
    done = subprocess.run(
        [shutil.which("node") or "node", "--input-type=module"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def texts(source: str, kind: str) -> list[str]:
    return [token.text for token in tokens(source) if token.kind == kind]


@pytest.mark.parametrize("name", FILES)
def test_the_tokens_of_every_file_put_together_are_the_file(name: str) -> None:
    found = list(tokens(FILES[name]))
    assert "".join(token.text for token in found) == FILES[name]
    assert found[-1].depth == 0


def test_text_that_looks_like_a_comment_in_a_string_is_none() -> None:
    source = r"""
a = "// 'no" + '/* no "' + `// no ${"`" + `/* ${ {b: `}`}.b } no */`} "no`; // yes
c = /\/\/ no [/"'`]+/g.test(d) / 2 / e; /* yes
"yes" */ f = (g) / h /* yes */ / i; if (x) return /`/;
"""
    assert [text[:6] for text in texts(source, "comment")] == ["// yes", "/* yes", "/* yes"]
    assert texts(source, "regex") == [r"""/\/\/ no [/"'`]+/g""", "/`/"]


@pytest.mark.parametrize("source", ["a = 'open", 'a = "x\n"', "`${a", "`a", "f(", "}", "a = `${b`"])
def test_a_source_that_does_not_end_is_an_error(source: str) -> None:
    with pytest.raises(SourceError):
        list(tokens(source))


MODULES = {
    "js/main.js": """/** The entry. */
import { count, Say as Speak, twice } from "./lib/say.js";
import {word}from"../vendor/min.js";
// import { nothing } from "./nowhere.js"; said in a comment
const text = `import { no } from "nowhere"; // ${word} ${`export ${count}`}`;
console.log(new Speak(twice(count)).said, text, [].import); /* the end */
""",
    "js/lib/say.js": """import { word } from "../../vendor/min.js";
export const count = 2;
/* a
   comment */ export class Say { constructor(n) { this.said = `${word} ${n}`; } }
const hidden = (n) => n * 2;
export async function later() { await null; }
export { hidden as twice, };
""",
    "vendor/min.js": """/*! @license MIT */const w="hi",count=9;export{w as word};
//# sourceMappingURL=min.js.map
""",
}


def test_the_bundle_does_what_the_modules_do_and_keeps_licences_only() -> None:
    made = bundle("js/main.js", MODULES)
    assert run(made) == 'hi 4 import { no } from "nowhere"; // hi export 2 undefined\n'
    assert "@license MIT" in made
    for gone in ("sourceMapping", "The entry", "said in a comment", "the end", "a\n   comment"):
        assert gone not in made
    assert made.count("@license MIT") == 1, "a module that two import is there once"
    assert made == bundle("js/main.js", dict(reversed(MODULES.items()))), "the same each time"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('import x from "./b.js";', "not one of names"),
        ('import * as x from "./b.js";', "not one of names"),
        ('import "./b.js";', "not one of names"),
        ('import { b } from "./b.js"\nb();', "semicolon"),
        ('import { b } from "lit";', "no place beside"),
        ('import { b } from "./c.js";', "not there"),
        ('import { c } from "./b.js";', "exports no c"),
        ('import { a } from "./a.js";', "circle"),
        ('if (1) { import("./b.js"); }', "inside"),
        ('import("./b.js");', "not one of names"),
        ("import.meta.url;", "not one of names"),
        ("export default 5;", "export default"),
        ("export let x = 5;", "export let"),
        ('export * from "./b.js";', "export *"),
        ("export const { x } = y;", "name"),
        ('export { b } from "./b.js";', "semicolon"),
        ("await fetch();", "await"),
        ("{ export const x = 1; }", "inside"),
        ("export const", "ends in the middle"),
        ("export {", "brackets"),
    ],
)
def test_unsupported_syntax_is_an_error_that_names_the_module(source: str, why: str) -> None:
    with pytest.raises(SourceError, match=re.escape(why)) as raised:
        bundle("a.js", {"a.js": source, "b.js": "export const b = 1;"})
    assert "a.js" in str(raised.value)
