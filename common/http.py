"""The HTTP edge of gateway and broker: refuses bad requests before they are read or handled."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from common.hosts import Hosts

LINGER_S, LINGER_BYTES = 1.0, 4 << 20
"""After an answer the rest of an unread body is read and thrown away for this long, unless the body
is larger. If the connection were closed at once, the client could lose the answer."""
RUNNER_OPTIONS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,  # a few bytes could become gigabytes
    "lingering_time": 0,  # `edge_middleware` lingers
}
"""The options of every AppRunner."""
ANY_HOST_PATHS = ("/healthz", "/readyz")
"""Allowed with any Host header, because probes use all kinds of names. The answers contain nothing
that a stranger could use."""


def edge_middleware(hosts: Hosts) -> Any:
    """The outermost middleware of an application."""
    logging.getLogger("aiohttp.server").addFilter(_drop_traceback)

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
        text = "send the body uncompressed: Content-Encoding is not supported\n"
        return _refused(415, text, {"Accept-Encoding": "identity"})
    if "Transfer-Encoding" in request.headers:  # each byte could be a chunk with its costs
        return _refused(411, "send the body with a Content-Length, not in chunks\n")
    if not hosts.allows(host) and not request.path.endswith(ANY_HOST_PATHS):
        return _refused(403, hosts.refusal(host))
    return None


def _drop_traceback(record: logging.LogRecord) -> bool:
    """Makes the record of a malformed request a warning of one line: it is not an error of ours."""
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
    """Sends the answer and reads the rest of the body, if there is one, so that the client can read
    the answer."""
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
