"""gateway/server/library_seams.py: an upgrade of the library that moves a seam fails here."""

import inspect
import re

import engineio
import pytest

from gateway.server.library_seams import CONNECTION, SERVER
from gateway.transport.connection import Connection


@pytest.mark.parametrize("name", SERVER)
def test_every_seam_is_where_it_was(name: str) -> None:
    assert hasattr(engineio.AsyncServer(async_mode="aiohttp"), name), "see library_seams.py"


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("_handle_connect", ["self", "environ", "transport", "jsonp_index"]),
        ("_cors_headers", ["self", "environ"]),
        ("_get_socket", ["self", "sid"]),
        ("_log_error_once", ["self", "message", "message_key"]),
    ],
)
def test_the_methods_that_we_override_take_the_same_parameters(
    method: str, parameters: list[str]
) -> None:
    now = list(inspect.signature(getattr(engineio.AsyncServer, method)).parameters)
    assert now == parameters, f"{method} takes {now} now: see library_seams.py"


def test_the_library_asks_nothing_else_of_a_connection() -> None:
    """Of the sockets that it lists, in the methods that serve requests."""
    source = inspect.getsource(engineio.AsyncServer.handle_request)
    source += inspect.getsource(engineio.AsyncServer.disconnect)
    asked = set(re.findall(r"\b(?:socket|self\.sockets\[sid\])\.(\w+)", source))
    assert asked == {*CONNECTION}
    assert all(hasattr(Connection, name) for name in CONNECTION)


def test_the_library_answers_400_where_we_raise() -> None:
    source = inspect.getsource(engineio.AsyncServer.handle_request)
    assert source.count("except exceptions.EngineIOError:") == 2, "engineio.handle_request moved"
