"""The seams: names of python-engineio that we override or use though it does not promise them.
Pure.

python-engineio is pinned exactly. When an upgrade moves a seam, `test_library_seams.py` fails and
says which: read there what became of it, and change `engineio_server.py` or `connection.py`.
"""

SERVER = (
    "_bad_request", "_cors_headers", "_get_socket", "_handle_connect", "_log_error_once", "_ok",
    "attach", "generate_id", "handle_request", "sockets",
)  # fmt: skip
"""Of engineio.AsyncServer."""
CONNECTION = (
    "close", "closed", "connected", "handle_get_request", "handle_post_request", "upgraded",
)  # fmt: skip
"""What engineio.AsyncServer asks of the sockets that it lists, which are our Connections."""
