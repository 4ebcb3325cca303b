"""The seams: what we override or use of the libraries that they do not promise. Pure."""

SEAMS = {
    "engineio.AsyncServer": (
        "_async", "_bad_request", "_cors_headers", "_get_socket", "_handle_connect",
        "_log_error_once", "_ok", "create_queue", "generate_id", "handle_request",
        "sockets",
    ),
    "engineio.async_socket.AsyncSocket": (
        "close", "closed", "closing", "connected", "handle_get_request", "handle_post_request",
        "queue", "schedule_ping", "send", "upgraded", "upgrading",
    ),
    "socketio.AsyncServer": (
        "_engineio_server_class", "disconnect", "eio", "manager",
        "packet_class", "shutdown",
    ),
    "socketio.AsyncManager": (
        "basic_disconnect", "basic_enter_room", "basic_leave_room", "callbacks",
        "eio_sid_from_sid", "emit", "get_participants", "is_sid_room", "pre_connect", "rooms",
    ),
}  # fmt: skip
"""test_engine_seams fails when one moves. aiohttp's part is public (WebSocketResponse, a request's
transport), but that its frames and ours may follow each other on the transport is tested too."""
