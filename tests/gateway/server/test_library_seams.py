"""The seams of the libraries: an upgrade that moves one fails here, saying which."""

import asyncio
import importlib
import inspect
from typing import Any

import engineio
import pytest
import socketio
from aiohttp import web

from gateway.server.library_seams import SEAMS


def find(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)


async def made() -> dict[str, Any]:
    server = socketio.AsyncServer(async_mode="aiohttp")
    await server.manager.pre_connect("e", "/")
    return {
        "engineio.AsyncServer": server.eio,
        "engineio.async_socket.AsyncSocket": engineio.async_socket.AsyncSocket(server.eio, "e"),
        "socketio.AsyncServer": server,
        "socketio.AsyncManager": server.manager,
    }


@pytest.mark.parametrize("owner", SEAMS)
async def test_every_seam_is_where_it_was(owner: str) -> None:
    one = (await made())[owner]
    missing = [name for name in SEAMS[owner] if not hasattr(one, name)]
    assert not missing, (
        f"{owner} has no {missing} any more: see gateway/server/library_seams.py for what to do"
    )


@pytest.mark.parametrize(
    ("owner", "method", "parameters"),
    [
        ("engineio.AsyncServer", "_handle_connect", ["self", "environ", "transport",
                                                     "jsonp_index"]),
        ("engineio.AsyncServer", "_cors_headers", ["self", "environ"]),
        ("engineio.AsyncServer", "_get_socket", ["self", "sid"]),
        ("engineio.AsyncServer", "_log_error_once", ["self", "message", "message_key"]),
        ("engineio.async_socket.AsyncSocket", "handle_get_request", ["self", "environ"]),
        ("engineio.async_socket.AsyncSocket", "handle_post_request", ["self", "environ"]),
        ("engineio.async_socket.AsyncSocket", "send", ["self", "pkt"]),
        ("engineio.async_socket.AsyncSocket", "close", ["self", "wait", "abort", "reason"]),
        ("socketio.AsyncManager", "basic_enter_room", ["self", "sid", "namespace", "room",
                                                       "eio_sid"]),
        ("socketio.AsyncManager", "basic_disconnect", ["self", "sid", "namespace", "kwargs"]),
        ("socketio.AsyncManager", "get_participants", ["self", "namespace", "room"]),
        ("socketio.AsyncServer", "disconnect", ["self", "sid", "namespace", "ignore_queue"]),
    ],
)  # fmt: skip
def test_what_we_override_is_called_as_it_was(
    owner: str, method: str, parameters: list[str]
) -> None:
    now = list(inspect.signature(getattr(find(owner), method)).parameters)
    assert now == parameters, (
        f"{owner}.{method} takes {now} now: see gateway/server/library_seams.py"
    )


def test_the_driver_is_made_and_called_as_it_was() -> None:
    source = inspect.getsource(engineio.async_socket.AsyncSocket._upgrade_websocket)
    assert "_async['websocket'](" in source, "engineio makes its WebSocket driver differently now"
    driver = importlib.import_module("engineio.async_drivers.aiohttp")._async
    assert set(driver) >= {"websocket", "translate_request", "make_response", "create_route"}


def test_the_library_answers_400_where_we_raise() -> None:
    source = inspect.getsource(engineio.AsyncServer.handle_request)
    assert source.count("except exceptions.EngineIOError:") == 2, "engineio.handle_request moved"


def test_aiohttp_takes_our_options() -> None:
    web.WebSocketResponse(compress=False, max_msg_size=1, timeout=1.0)
    assert hasattr(asyncio.Transport, "get_write_buffer_size")
    assert isinstance(web.Request.transport, property)
