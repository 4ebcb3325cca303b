"""JavaScript as tokens: enough to find a module's imports and exports, and its comments. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

CODE = re.compile(
    r"""(?P<space>\s+)
    | (?P<comment>//[^\n]* | /\*.*?\*/)
    | (?P<string>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | (?P<word>[\w$]+)
    | (?P<mark>[^\s\w$"'])""",
    re.VERBOSE | re.DOTALL,
)
REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(?P<end>`|\$\{)", re.DOTALL)
BEFORE_A_VALUE = re.compile(r"[(,=:\[!&|?{};+\-*%~^<>/]")
"""Behind one of these marks a slash begins a regular expression; behind another it divides. This is
wrong behind a `)` or `}` that ends a statement's head, where the text then ends inside a string."""
WORDS_BEFORE_A_VALUE = {
    "await", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "return", "throw",
    "typeof", "void", "yield",
}  # fmt: skip


class SourceError(Exception):
    """The source has something that is not understood here; the message says what and where."""


class Token(NamedTuple):
    kind: str
    """space, comment, string, word, mark, regex or template. A template that has values in it is a
    token up to each `${`, the tokens of the value, and a token from its `}`."""
    text: str
    depth: int
    """How many brackets are open around it. A bracket has the depth of what is around it."""


def tokens(source: str) -> Iterator[Token]:
    """The tokens; their texts put together are the source. Raises SourceError."""
    at = 0
    depth = 0
    templates: list[int] = []
    """The depth of each template that is open, in its value."""
    before = ";"
    """The last token that is neither space nor comment."""
    while at < len(source):
        opens_template = source[at] == "`"
        if opens_template or (source[at] == "}" and templates and templates[-1] == depth):
            found = TEMPLATE.match(source, at + 1)
            if found is None:
                raise SourceError(f"line {line_at(source, at)}: this template does not end")
            if not opens_template:
                templates.pop()
                depth -= 1
            kind, text = "template", source[at] + found[0]
            yield Token(kind, text, depth)
            if found["end"] == "${":
                depth += 1
                templates.append(depth)
            before = "(" if found["end"] == "${" else "`"
            at += len(text)
            continue
        found = None
        if BEFORE_A_VALUE.fullmatch(before) or before in WORDS_BEFORE_A_VALUE:
            found = REGEX.match(source, at)
        kind = "regex"
        if found is None:
            found = CODE.match(source, at)
            if found is None:
                raise SourceError(f"line {line_at(source, at)}: this string does not end")
            kind = str(found.lastgroup)
        text = found[0]
        if kind == "mark" and text in ")]}":
            depth -= 1
        yield Token(kind, text, depth)
        if kind == "mark" and text in "([{":
            depth += 1
        if kind not in ("space", "comment"):
            before = text if kind != "regex" else "/x/"
        at += len(text)
    if depth:
        raise SourceError("the brackets do not match")


def line_at(source: str, at: int) -> int:
    return source.count("\n", 0, at) + 1
