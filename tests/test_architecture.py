"""The architecture: who imports whom, what is pure, and that no file grows too long or untested."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "common": {"common"},
    "broker": {"broker", "common"},
    "gateway": {"gateway", "common"},
    "scripts": {"scripts", "common"},
}
IMPURE = {
    "asyncio", "zmq", "socketio", "engineio", "aiohttp", "uvloop", "time", "os", "random",
    "secrets", "logging", "sqlite3", "socket", "threading", "subprocess", "fcntl",
}  # fmt: skip
"""Sockets, clocks, disks, randomness, logs: a pure file gets what they tell as arguments."""
PURE = {
    "broker/core/core.py", "broker/model/directory.py", "broker/model/room.py", "broker/model/presence.py",
    "broker/effects.py", "common/errors.py", "common/frames.py", "common/messages.py",
    "common/names.py", "gateway/protocol/parsing.py", "gateway/protocol/frames.py", "gateway/replica/replica.py",
    "gateway/replica/tail.py",
}  # fmt: skip
"""Pure by design, with all that they import; and so is every file whose docstring says `Pure.`"""
PASSED_AS_VALUE = {"common/settings.py"}
"""Reads the environment when a shell asks it to; pure files only get the struct."""
LINES = 300
"""Split by concept before; about 120 is a good size."""
TEST_LINES = 500
CATALOGUES = {"common/messages.py"}
"""Read entry by entry, and looked for in one place: the words of the wire."""


def _files(pattern: str, *folders: str) -> list[str]:
    found = (path for folder in folders for path in (ROOT / folder).rglob(pattern))
    return sorted(
        str(path.relative_to(ROOT))
        for path in found
        if not {"vendor", "node_modules"} & {*path.parts}
    )


SOURCES = _files("*.py", *MAY_IMPORT)
READ_BY_PEOPLE = [
    *SOURCES,
    *_files("*.py", "tests"),
    *_files("*.js", "static", "tests"),
    *_files("*.mjs", "tests"),
]


def imports(source: str) -> set[str]:
    """The dotted names of all that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / source).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def tops(source: str) -> set[str]:
    return {name.partition(".")[0] for name in imports(source)}


@pytest.mark.parametrize("source", SOURCES)
def test_a_package_imports_only_what_it_may(source: str) -> None:
    package = source.partition("/")[0]
    assert (tops(source) & {*MAY_IMPORT, "tests"}) <= MAY_IMPORT[package]


def claims_to_be_pure(source: str) -> bool:
    docstring = ast.get_docstring(ast.parse((ROOT / source).read_text())) or ""
    return re.search(r"\bPure\.", docstring) is not None


@pytest.mark.parametrize("source", sorted(PURE | {s for s in SOURCES if claims_to_be_pure(s)}))
def test_what_is_pure_is_so_with_all_that_it_imports(source: str) -> None:
    seen, waiting = set(), [source]
    while waiting:
        file = waiting.pop()
        seen.add(file)
        assert not tops(file) & IMPURE, (
            f"{source} is pure, but {file} imports {tops(file) & IMPURE}"
        )
        ours = {path for name in imports(file) for path in _paths(name)}
        waiting += ours - seen - PASSED_AS_VALUE


def _paths(name: str) -> set[str]:
    """The source files that importing this name reads."""
    parts = name.split(".")
    tries = {"/".join(parts[:n]) + end for n in (2, 3, 4) for end in (".py", "/__init__.py")}
    return tries & {*SOURCES}


def test_the_core_s_two_parts_exchange_only_messages() -> None:
    rooms = {"broker.model.room", "broker.model.presence"}
    for source, others in (
        ("broker/model/directory.py", rooms),
        ("broker/model/room.py", {"broker.model.directory"}),
    ):
        known = {name.rpartition(".")[0] for name in imports(source)} | imports(source)
        assert not known & others, f"{source} imports {known & others}"


@pytest.mark.parametrize("source", [s for s in SOURCES if not s.endswith("__init__.py")])
def test_every_source_file_has_a_test_that_names_it(source: str) -> None:
    module = source.removesuffix(".py").replace("/", ".")
    parent, _, name = module.rpartition(".")
    ways = [
        rf"\b{re.escape(module)}\b",
        re.escape(source),
        rf"from {re.escape(parent)} import [^\n]*\b{name}\b",
    ]
    if name == "__main__":
        ways.append(rf'"-m", "{parent}"')
    by_name = re.compile("|".join(ways))
    tests = (path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__))
    assert any(by_name.search(path.read_text()) for path in tests), (
        f"no test names {source} (or imports {module})"
    )


@pytest.mark.parametrize("source", READ_BY_PEOPLE)
def test_no_file_grows_past_what_one_reads_at_once(source: str) -> None:
    most = TEST_LINES if source.startswith("tests/") else LINES
    lines = len((ROOT / source).read_text().splitlines())
    assert lines <= most or source in CATALOGUES, f"{source} has {lines} lines: split it"


@pytest.mark.parametrize("source", SOURCES)
def test_every_file_says_in_its_first_line_what_it_is(source: str) -> None:
    first = (ROOT / source).read_text().partition("\n")[0]
    assert re.match(r'"""[^"]{20,}', first), f"{source} begins with {first!r}"
