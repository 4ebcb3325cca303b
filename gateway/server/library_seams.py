"""The seams: what we override or use of the libraries that they do not promise. Pure."""

SEAMS = {
    "engineio.AsyncServer": (
        "_bad_request", "_cors_headers", "_get_socket", "_handle_connect", "_log_error_once",
        "_ok", "generate_id", "handle_request", "sockets",
    ),
    "socketio.AsyncServer": (
        "_engineio_server_class", "attach", "disconnect", "eio", "manager", "packet_class",
        "shutdown",
    ),
    "socketio.AsyncManager": (
        "basic_disconnect", "basic_enter_room", "basic_leave_room", "callbacks",
        "eio_sid_from_sid", "emit", "get_participants", "is_sid_room", "pre_connect", "rooms",
    ),
}  # fmt: skip
CONNECTION = (
    "close", "closed", "closing", "connected", "handle_get_request", "handle_post_request",
    "send", "upgraded", "upgrading",
)  # fmt: skip
"""What engineio's server asks of the sockets that it lists: our Connection is one to it."""
"""test_library_seams fails when one moves. aiohttp's part is public (a request's transport, its
protocol's `set_parser`); that its tasks end when the socket is taken over is tested too."""
