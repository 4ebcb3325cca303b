"""The architecture: who imports whom, what is pure, and that files are tested, short and named."""

import ast
import re
from collections.abc import Container
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "common": "",
    "gateway/runtime": "common",
    "gateway/protocol": "common",
    "gateway/replica": "common",
    "gateway/transport": "common gateway/runtime gateway/protocol",
    "gateway/rooms": "common gateway/runtime gateway/protocol gateway/replica gateway/transport",
    "gateway/link": "common gateway/runtime",
    "gateway/chat": "common gateway/runtime gateway/protocol gateway/transport gateway/rooms",
    "gateway/server": "common gateway/runtime gateway/protocol gateway/transport",
    "gateway": "common gateway/*",
    "broker/effects.py": "common",
    "broker/model": "common broker/effects.py",
    "broker/handlers": "common broker/effects.py broker/model",
    "broker/core": "common broker/effects.py broker/model broker/handlers",
    "broker/store": "common broker/effects.py",
    "broker/shell": "common broker/effects.py broker/core broker/store",
    "broker": "common broker/*",
    "scripts": "common",
}
"""What the files of each package may import besides each other."""
IMPURE = {
    "asyncio", "zmq", "socketio", "engineio", "aiohttp", "uvloop", "time", "os", "random",
    "secrets", "logging", "sqlite3", "socket", "threading", "subprocess", "fcntl",
}  # fmt: skip
"""Sockets, clocks, disks, randomness, logs: a pure file gets what they tell as arguments."""
PURE = ("gateway/protocol", "gateway/replica", "broker/model", "broker/handlers", "broker/core")
"""So are these packages, and every other file whose docstring says `Pure.`"""
PASSED_AS_VALUE = {"common/settings.py"}
"""It reads the environment when a shell asks it to; pure files only get the struct."""
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


SOURCES = _files("*.py", "common", "broker", "gateway", "scripts")
_SOURCES = {*SOURCES}
_EVERY_FILE = {*SOURCES, *_files("*.py", "tests")}
PROGRAMS = {
    source.removesuffix(".py").removesuffix("/__main__").replace("/", "."): source
    for source in SOURCES
}
"""What `python -m` calls each file; tests start scripts by the last part of their names, too."""
PROGRAMS |= {
    Path(source).stem: source
    for source in SOURCES
    if source.count("/") == 1 and source.startswith("scripts/")
}
READ_BY_PEOPLE = [
    *SOURCES,
    *_files("*.py", "tests"),
    *_files("*.js", "static", "tests"),
    *_files("*.mjs", "tests"),
]


@cache
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


def package_of(source: str) -> str:
    """Its entry in MAY_IMPORT: the file itself, its folder, or the folder above."""
    tries = (source, *(str(folder) for folder in Path(source).parents))
    return next(package for package in tries if package in MAY_IMPORT)


def imported_files(source: str) -> set[str]:
    """Our own source files that a file imports. (A package's `__init__` imports nothing.)"""
    return {path for name in imports(source) for path in _paths(name, _SOURCES)} - {source}


@pytest.mark.parametrize("source", SOURCES)
def test_a_package_imports_only_what_it_may(source: str) -> None:
    own = package_of(source)
    for file in imported_files(source):
        package = package_of(file)
        allowed = any(fnmatch(package, pattern) for pattern in MAY_IMPORT[own].split())
        assert package == own or allowed, f"{source} of {own} imports {file} of {package}"
    assert "tests" not in outside(source)


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports for type checkers count as well: they hide a knot and do not untie it."""
    order = TopologicalSorter(
        {
            file: {path for name in imports(file) for path in _paths(name, _EVERY_FILE)} - {file}
            for file in _EVERY_FILE
        }
    )
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_a_package_holds_files_only_in_packages_of_the_table() -> None:
    assert {package_of(source) for source in SOURCES} == {*MAY_IMPORT}
    for package in MAY_IMPORT:
        if (ROOT / package).is_dir():
            docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text()))
            assert docstring, f"{package}/__init__.py does not say what is inside"


def outside(source: str) -> set[str]:
    """The top-level names of all that a file imports."""
    return {name.partition(".")[0] for name in imports(source)}


def is_pure(source: str) -> bool:
    docstring = ast.get_docstring(ast.parse((ROOT / source).read_text())) or ""
    return package_of(source) in PURE or re.search(r"\bPure\.", docstring) is not None


@pytest.mark.parametrize("source", [source for source in SOURCES if is_pure(source)])
def test_what_is_pure_is_so_with_all_that_it_imports(source: str) -> None:
    seen, waiting = set(), [source]
    while waiting:
        file = waiting.pop()
        seen.add(file)
        impure = outside(file) & IMPURE
        assert not impure, f"{source} is pure, but {file} imports {impure}"
        waiting += imported_files(file) - seen - PASSED_AS_VALUE


def _paths(name: str, files: Container[str]) -> set[str]:
    """Those of `files` that importing this name reads."""
    parts = name.split(".")
    return {path for n in (2, 3, 4) if (path := "/".join(parts[:n]) + ".py") in files}


def test_the_core_s_two_parts_exchange_only_messages() -> None:
    rooms = {"broker.model.room", "broker.model.presence"}
    for source, others in (
        ("broker/model/directory.py", rooms),
        ("broker/model/room.py", {"broker.model.directory"}),
    ):
        known = {name.rpartition(".")[0] for name in imports(source)} | imports(source)
        assert not known & others, f"{source} imports {known & others}"


UNTESTED = {"scripts/bench/uws_server.py"}
"""It needs uWebSockets, which the benchmark that compares with it installs for the run."""


@pytest.mark.parametrize("source", [s for s in SOURCES if not s.endswith("__init__.py")])
def test_every_source_file_is_run_by_the_tests_of_its_package(source: str) -> None:
    """A test in the folder that mirrors the package imports the file, or starts it as a program, if
    not itself, then through what it tests."""
    folder = next(f for f in ("tests" / p for p in Path(source).parents) if (ROOT / f).is_dir())
    tests = _files("test_*.py", str(folder))
    assert source in UNTESTED or any(source in reached_by(test) for test in tests), (
        f"no test in {folder} runs {source}"
    )


@cache
def reached_by(test: str) -> frozenset[str]:
    """The source files that a test imports, or starts as programs, by itself or through others."""
    reached: set[str] = set()
    waiting = [test]
    while waiting:
        file = waiting.pop()
        found = {path for name in imports(file) for path in _paths(name, _EVERY_FILE)}
        programs = {PROGRAMS[word] for word in strings_of(file) & {*PROGRAMS}}
        waiting += (found | {p for p in programs if p.startswith("scripts/")}) - reached
        reached |= found | programs
    return frozenset(reached)


@cache
def strings_of(file: str) -> frozenset[str]:
    """All string literals of a file, such as the name of a program that a test starts."""
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("process", ["broker", "gateway"])
def test_no_class_name_stands_twice_in_one_process(process: str) -> None:
    places: dict[str, list[str]] = {}
    for source in _files("*.py", "common", process):
        for node in ast.walk(ast.parse((ROOT / source).read_text())):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(source)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


@pytest.mark.parametrize("source", READ_BY_PEOPLE)
def test_no_file_grows_past_what_one_reads_at_once(source: str) -> None:
    most = TEST_LINES if source.startswith("tests/") else LINES
    lines = len((ROOT / source).read_text().splitlines())
    assert lines <= most or source in CATALOGUES, f"{source} has {lines} lines: split it"


@pytest.mark.parametrize("source", SOURCES)
def test_every_file_says_in_its_first_line_what_it_is(source: str) -> None:
    first = (ROOT / source).read_text().partition("\n")[0]
    assert re.match(r'"""[^"]{20,}', first), f"{source} begins with {first!r}"
