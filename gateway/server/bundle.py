"""One script of many ES modules, so that a browser asks once instead of thirty times. Pure.

Each module becomes a function that returns what it exports, called once, after the modules that it
imports. It supports what our modules and those of static/vendor use, and nothing else:

- `import { a, b as c } from "./there.js"`, and no other import;
- `export const`, `export class`, `export function` and `export { a, b as c }`: exported values do
  not change later, and each declaration has one name;
- no circles of modules, no `await` outside functions.

Anything else is a SourceError that names the module. Comments are removed, except licences.
"""

import posixpath
from collections.abc import Mapping, Sequence

from gateway.server.javascript import SourceError, Token, tokens

DECLARED = {"const", "class", "function", "async"}
SIGNS = tuple('{}[](),;:=?<>&|!+-"')
UNENDED, GOING_ON = tuple("{[(,;:=?>&|"), tuple("}]),;:=?.&|")
LICENCE = ("@license", "/*!")


class Module:
    """The code of one module, without its imports and exports.

    `imports`: for each imported module, its own names and the names that they have here.
    `exports`: the names that other modules import, and the names that they have here.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.imports: list[tuple[str, dict[str, str]]] = []
        self.exports: dict[str, str] = {}
        self._code: list[str] = []
        self._privates: dict[str, str] = {}
        try:
            self._tokens = list(tokens(source))
            self._read()
        except SourceError as error:
            raise SourceError(f"{name}: {error}") from None

    @property
    def code(self) -> str:
        return "".join(self._code).strip()

    def _read(self) -> None:
        self._at = 0
        before = ""
        space = ""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.kind == "space" or _is_left_out(token):
                space += token.text if token.kind == "space" else "\n" * ("\n" in token.text) or " "
                continue
            if space:
                self._code.append(_shortened(space, self._code, token.text))
                space = ""
            if token.kind == "word" and before != ".":
                if token.text == "import":
                    self._import(token)
                    continue
                if token.text == "export":
                    self._export(token)
                    continue
                if token.text == "await" and not token.depth:
                    raise SourceError("`await` stands outside of a function")
            is_private = token.kind == "word" and before == "#"
            self._code.append(self._short(token.text) if is_private else token.text)
            if token.kind != "comment":
                before = token.text

    def _short(self, private: str) -> str:
        """A short name for a `#private` one, which no other module can use."""
        return self._privates.setdefault(private, f"p{len(self._privates)}")

    def _import(self, token: Token) -> None:
        """`import { a, b as c } from "./there.js";`"""
        if token.depth:
            raise SourceError("an import is inside of brackets")
        names = self._names("import")
        if self._next().text != "from" or (place := self._next()).kind != "string":
            raise SourceError("an import is not one of names in braces")
        if self._next().text != ";":
            raise SourceError("an import does not end in a semicolon")
        path = place.text[1:-1]
        if not path.startswith(("./", "../")):
            raise SourceError(f'an import is from "{path}", which is no place beside it')
        there = posixpath.normpath(posixpath.join(posixpath.dirname(self.name), path))
        self.imports.append((there, names))

    def _export(self, token: Token) -> None:
        """`export const a`, or `export { a, b as c };`"""
        if token.depth:
            raise SourceError("an export is inside of brackets")
        start = self._at
        what = self._next()
        if what.text == "{":
            self._at = start
            self.exports |= {outside: here for here, outside in self._names("export").items()}
            if self._next().text != ";":
                raise SourceError("an export does not end in a semicolon")
            return
        if what.text not in DECLARED:
            raise SourceError(f"`export {what.text}` is not understood")
        after = self._at
        name = self._next()
        while name.text in ("function", "*"):
            name = self._next()
        if name.kind != "word":
            raise SourceError(f"`export {what.text}` is not followed by a name")
        self.exports[name.text] = name.text
        self._code.append(what.text)
        self._at = after

    def _names(self, what: str) -> dict[str, str]:
        """`{ a, b as c }`: {"a": "a", "b": "c"}."""
        if self._next().text != "{":
            raise SourceError(f"an {what} is not one of names in braces")
        names: dict[str, str] = {}
        while (token := self._next()).text != "}":
            if token.text == ",":
                continue
            names[token.text] = token.text
            after = self._at
            if self._next().text == "as":
                names[token.text] = self._next().text
            else:
                self._at = after
        return names

    def _next(self) -> Token:
        """The next one that is neither space nor comment."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.kind not in ("space", "comment"):
                return token
        raise SourceError("the source ends in the middle of an import or export")


def bundle(entry: str, sources: Mapping[str, str]) -> str:
    """One script that does what the module `entry` does; `sources` by path. Raises SourceError."""
    modules: dict[str, Module] = {}
    _add(entry, sources, modules, [])
    numbers = {name: number for number, name in enumerate(modules)}
    return "\n".join(_function(module, numbers) for module in modules.values())


def _add(
    name: str, sources: Mapping[str, str], modules: dict[str, Module], open_: Sequence[str]
) -> None:
    """Puts the module behind those that it imports."""
    if name in modules:
        return
    if name in open_:
        raise SourceError(f"modules import each other in a circle: {' → '.join([*open_, name])}")
    if name not in sources:
        raise SourceError(f"{open_[-1]}: imports {name}, which is not there")
    module = Module(name, sources[name])
    for there, names in module.imports:
        _add(there, sources, modules, [*open_, name])
        if missing := names.keys() - modules[there].exports.keys():
            raise SourceError(f"{name}: {there} exports no {', '.join(sorted(missing))}")
    modules[name] = module


def _is_left_out(token: Token) -> bool:
    return token.kind == "comment" and not any(word in token.text for word in LICENCE)


def _shortened(space: str, code: Sequence[str], after: str) -> str:
    """One new line, or one space, or nothing: beside these signs a space separates no tokens, and
    a line does not end a statement. What ends in a comment keeps its end."""
    last = code[-1] if code else ""
    if last.startswith(("//", "/*")):
        return "\n"
    if "\n" in space:
        return "" if last.endswith(UNENDED) or after.startswith(GOING_ON) else "\n"
    if last[-1:] == after[0] or {last[-1:], after[0]} == {"<", "!"}:
        return " "  # `a + +b` is not `a++b`
    return "" if last.endswith(SIGNS) or after.startswith(SIGNS) else " "


def _function(module: Module, numbers: Mapping[str, int]) -> str:
    lines = [f"const ${numbers[module.name]}=(()=>{{"]
    for there, names in module.imports:
        lines.append(f"const {{{_pairs(names)}}}=${numbers[there]};")
    lines += [module.code, f"return{{{_pairs(module.exports)}}};", "})();"]
    return "\n".join(lines)


def _pairs(names: Mapping[str, str]) -> str:
    return ",".join(
        key if key == value else f"{key}:{value}" for key, value in sorted(names.items())
    )
