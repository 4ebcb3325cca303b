"""The page: what a gateway serves at `/`, and the headers of all that belongs to it."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent.parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src {}; "
    "img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class Page:
    """`gateways`: the origins of all, where it may go on when this one is lost. `text_chars`: code
    points in a message."""

    def __init__(self, gateways: Sequence[str], text_chars: int) -> None:
        # 'self' has WebSockets to the page's own gateway in it; of others both have to be named.
        sockets = [gateway.replace("http", "ws", 1) for gateway in gateways]
        connect = " ".join(["'self'", *gateways, *sockets])
        self.headers = {
            "Content-Security-Policy": POLICY.format(connect),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }
        index = (STATIC / "index.html").read_text(encoding="utf-8")
        for name, told in (("gateways", " ".join(gateways)), ("text-chars", str(text_chars))):
            index = index.replace(f'data-{name}=""', f'data-{name}="{escape(told)}"', 1)
        self.text = index

    async def serve(self, _: web.Request) -> web.Response:
        return web.Response(text=self.text, content_type="text/html")

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        if "/socket.io/" not in request.path:
            response.headers.update(self.headers)
