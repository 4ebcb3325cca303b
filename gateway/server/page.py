"""The page that a gateway serves at `/`, its files, and their headers."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from aiohttp import web

from gateway.server.assets import ASK_AGAIN, Assets, pack

STATIC = Path(__file__).parents[2] / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src {}; "
    "img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
FILE_POLICY = "default-src 'none'"
"""The policy of all other files. It matters only if a browser is led to the file itself."""


class Page:
    """All files are read now, and none later.

    `gateways`: the origins of all gateways, where the page may go on when this one is lost.
    `text_chars`: the most code points in a message. Raises SourceError if the scripts cannot be
    packed.
    """

    def __init__(self, gateways: Sequence[str], text_chars: int) -> None:
        # 'self' includes WebSockets to the page's own gateway; those to others have to be listed.
        sockets = [gateway.replace("http", "ws", 1) for gateway in gateways]
        connect = " ".join(["'self'", *gateways, *sockets])
        self.headers = {
            "Content-Security-Policy": POLICY.format(connect),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        self.assets = Assets(STATIC)
        index = self.assets.with_addresses((STATIC / "index.html").read_text(encoding="utf-8"))
        for name, told in (("gateways", " ".join(gateways)), ("text-chars", str(text_chars))):
            index = index.replace(f'data-{name}=""', f'data-{name}="{escape(told)}"', 1)
        self.text = re.sub(r"\n\s+", "\n", index)
        self._packed = pack("index.html", self.text.encode())

    async def serve(self, request: web.Request) -> web.Response:
        return self._packed.answer(request)

    async def serve_file(self, request: web.Request) -> web.Response:
        return self.assets.serve(request)

    async def serve_icon(self, request: web.Request) -> web.Response:
        """The icon at `/favicon.ico`, where browsers look by default."""
        return self.assets.by_name["favicon.svg"].answer(request)

    async def serve_client(self, request: web.Request) -> web.Response:
        """The stock client, where pages of the original look for it."""
        return self.assets.by_name["vendor/socket.io.min.js"].answer(request)

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        if "/socket.io/" not in request.path:
            response.headers.update(self.headers)
            if "/static/" in request.path:
                response.headers["Content-Security-Policy"] = FILE_POLICY
                del response.headers["Referrer-Policy"]
            response.headers["Server"] = "Hubbub"
            response.headers.setdefault("Cache-Control", ASK_AGAIN)
