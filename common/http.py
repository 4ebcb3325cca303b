"""The HTTP edge of gateway and broker: what is refused before anybody reads or handles it."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from common.hosts import Hosts

LINGER_S, LINGER_BYTES = 1.0, 4 << 20
"""A body that nobody wants is read on for so long, and thrown away as it comes, if it is no larger:
were the connection closed at once, the client would lose the answer."""
RUNNER_OPTIONS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,  # a few bytes would become any number of them
    "lingering_time": 0,  # it is for `edge_middleware` to linger
}
"""Options of every AppRunner."""
FREE_FOR_ALL = ("/healthz", "/readyz")
"""Probes name a process as they like; these tell nothing that a stranger could use."""


def edge_middleware(hosts: Hosts) -> Any:
    """The outermost middleware of an application."""
    logging.getLogger("aiohttp.server").addFilter(_shorten)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            answer = _refusal(request, hosts) or await handler(request)
        except web.HTTPException as error:
            await _linger(request, error)
            raise
        await _linger(request, answer)
        return answer

    return guard


def _refusal(request: web.Request, hosts: Hosts) -> web.Response | None:
    host = request.headers.get("Host", "")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        text = "send the body as it is: compressed ones are not read\n"
        return _refused(415, text, {"Accept-Encoding": "identity"})
    if "Transfer-Encoding" in request.headers:  # each byte could be a chunk, and cost like one
        return _refused(411, "send the body with a Content-Length, not in chunks\n")
    if not hosts.allows(host) and not request.path.endswith(FREE_FOR_ALL):
        return _refused(403, hosts.refusal(host))
    return None


def _shorten(record: logging.LogRecord) -> bool:
    """What strangers send is no fault of ours: without a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
        record.msg = f"{record.getMessage()}: {error.message[:100]!r}"
        record.args = ()
    return True


def _refused(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    answer = web.Response(status=status, text=text, headers=headers)
    answer.force_close()
    return answer


async def _linger(request: web.Request, answer: web.StreamResponse) -> None:
    """Nothing to do if the body was read to its end, or if there is none."""
    body = request.content
    if body.is_eof():
        return
    answer.force_close()
    if "Transfer-Encoding" in request.headers or (request.content_length or 0) > LINGER_BYTES:
        return
    with suppress(TimeoutError, OSError, web.PayloadAccessError, web.RequestPayloadError):
        await answer.prepare(request)
        await answer.write_eof()
        async with asyncio.timeout(LINGER_S):
            while await body.readany():
                pass
