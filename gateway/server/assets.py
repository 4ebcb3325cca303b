"""The assets: the files that a gateway serves, packed once at its start and kept in memory.

An asset has two addresses: one with a hash of its content, whose answer browsers keep for ever, and
a plain one, at which browsers ask whether it has changed. An address with another version's hash is
answered with the asset of this version: gateways of two versions may run side by side for a while,
and the page of one must not break at the other.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

import brotli
from aiohttp import hdrs, web
from msgspec import Struct

from gateway.server.bundle import bundle

TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Every other file, such as a licence or a list of hashes, is text/plain."""
ENTRY, BUNDLE = "js/main.js", "page.js"
"""The module that the page names, and the script of all modules that it is given instead."""
FOR_READERS = ("js/", "vendor/")
"""Files that our page does not load. Brotli would take too long for them: they have only gzip."""
HASH_CHARS = 16
HASHED = re.compile(rf"-([0-9a-f]{{{HASH_CHARS}}})(?=\.\w+$)")
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


class Asset(Struct, frozen=True):
    """One file. `packed`: its bytes by content coding, the best coding first."""

    body: bytes
    packed: dict[str, bytes]
    content_type: str
    hash: str

    def answer(self, request: web.Request, cache: str = ASK_AGAIN) -> web.Response:
        """The whole file, or 304 if the browser has it. Ranges are not offered."""
        coding = _chosen(self.packed, request.headers.get("Accept-Encoding", ""))
        tag = f"{self.hash}-{coding}" if coding else self.hash
        headers = {
            hdrs.CACHE_CONTROL: cache,
            hdrs.ETAG: f'"{tag}"',
            hdrs.VARY: "Accept-Encoding",
        }
        if any(each.value in ("*", tag) for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        headers[hdrs.CONTENT_TYPE] = self.content_type
        if coding:
            headers[hdrs.CONTENT_ENCODING] = coding
        return web.Response(body=self.packed.get(coding, self.body), headers=headers)


class Assets:
    """All files below a folder. Raises SourceError if its modules cannot be made one script."""

    def __init__(self, folder: Path) -> None:
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        sources = {name: body.decode() for name, body in files.items() if name.endswith(".js")}
        files[BUNDLE] = bundle(ENTRY, sources).encode()
        self.by_name = {name: pack(name, body) for name, body in files.items()}

    def address(self, name: str) -> str:
        """`js/main.js` → `page-0123456789abcdef.js`. Raises KeyError."""
        name = BUNDLE if name == ENTRY else name
        stem, dot, ending = name.rpartition(".")
        return f"{stem}-{self.by_name[name].hash}{dot}{ending}"

    def serve(self, request: web.Request) -> web.Response:
        """Answers a request for `…/{name}`. Raises HTTPNotFound."""
        name = request.match_info["name"]
        asset, cache = self.by_name.get(name), ASK_AGAIN
        if asset is None and (hashed := HASHED.search(name)):
            asset = self.by_name.get(HASHED.sub("", name))
            if asset and asset.hash == hashed[1]:
                cache = FOR_EVER
        if asset is None:
            raise web.HTTPNotFound(text="there is no such file\n")
        return asset.answer(request, cache)

    def with_addresses(self, html: str) -> str:
        """The page, with hashed addresses in place of all `static/…` in it."""

        def hashed(found: re.Match[str]) -> str:
            return f"{found[1]}static/{self.address(found[2])}{found[3]}"

        return re.sub(r'((?:href|src)=")/?static/([^"]+)(")', hashed, html)


def pack(name: str, body: bytes) -> Asset:
    """Compresses a file. A style sheet loses its comments and needless space first."""
    if name.endswith(".css"):
        body = _shortened_style(body.decode()).encode()
    packed = {}
    if not name.startswith(FOR_READERS):
        packed["br"] = brotli.compress(body)
    deflate = zlib.compressobj(
        9, zlib.DEFLATED, wbits=31, memLevel=9
    )  # gzip, without a modification time
    packed["gzip"] = deflate.compress(body) + deflate.flush()
    content_type = TYPES.get(Path(name).suffix, "text/plain")
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    digest = hashlib.sha256(body).hexdigest()[:HASH_CHARS]
    shorter = {coding: each for coding, each in packed.items() if len(each) < len(body)}
    return Asset(body, shorter, content_type, digest)


def _shortened_style(css: str) -> str:
    """The style sheet without comments and without space that separates nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css).replace("; }", "}")
    return re.sub(r"([a-z-]): ", r"\1:", re.sub(r" ?([{};,]) ?", r"\1", css))


def _chosen(codings: Iterable[str], accepted: str) -> str:
    """The coding with the highest weight of an Accept-Encoding (RFC 9110, 12.5.3), the first of
    equals; empty if the browser takes none of them."""
    weights: dict[str, float] = {}
    for each in accepted.split(","):
        coding, _, parameters = each.partition(";")
        found = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters)
        weights[coding.strip().lower()] = float(found[1]) if found else 1.0
    taken = {coding: weights.get(coding, weights.get("*", 0.0)) for coding in codings}
    best = max(taken, key=taken.__getitem__, default="")
    return best if taken.get(best) else ""
