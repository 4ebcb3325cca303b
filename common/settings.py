"""The settings: one frozen struct for every kind of process, read once from the environment."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from common import checks


def _setting(default: Any, name: str) -> Any:
    return msgspec.field(default=default, name=name)


Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsError(ValueError):
    """The environment has a setting that cannot be used; the message is one line for people."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Each field is read from the environment variable that its `name` gives; durations are
    seconds. Fields that a kind of process does not need are read and checked all the same."""

    # Addresses
    port: Annotated[int, Meta(ge=0, le=65535, description="port of a gateway; 0 = any")] = _setting(
        4000, "PORT"
    )
    host: Annotated[
        str, Meta(description="address that a gateway listens on; `::` = all, IPv4 too")
    ] = _setting("127.0.0.1", "HUBBUB_HOST")
    broker: Annotated[
        str, Meta(description="the broker's command endpoint: all a gateway or script needs")
    ] = _setting("tcp://127.0.0.1:5555", "HUBBUB_BROKER")
    bind: Annotated[str, Meta(description="where the broker takes commands")] = _setting(
        "tcp://127.0.0.1:5555", "HUBBUB_BIND"
    )
    events_bind: Annotated[str, Meta(description="where the broker publishes")] = _setting(
        "tcp://127.0.0.1:5556", "HUBBUB_EVENTS_BIND"
    )
    events_advertise: Annotated[
        str,
        Meta(
            description="endpoint that gateways are told to subscribe at; empty = the broker's "
            "host as they know it, with the port of HUBBUB_EVENTS_BIND"
        ),
    ] = _setting("", "HUBBUB_EVENTS_ADVERTISE")
    broker_http: Annotated[
        str, Meta(description="host:port of the broker's healthz, readyz and metrics; empty = none")
    ] = _setting("127.0.0.1:5557", "HUBBUB_BROKER_HTTP")
    path: Annotated[
        str, Meta(description="path below which a gateway serves everything, as `/chat`")
    ] = _setting("", "HUBBUB_PATH")
    gateways: Annotated[
        str,
        Meta(
            description="addresses of all gateways as browsers know them, by comma: pages move on "
            "when theirs is lost; empty = only this one"
        ),
    ] = _setting("", "HUBBUB_GATEWAYS")
    origins: Annotated[
        str, Meta(description="origins of pages that may connect, by comma, or *; empty = same")
    ] = _setting("", "HUBBUB_ORIGINS")

    proxies: Annotated[
        str,
        Meta(
            description="proxies whose X-Forwarded-For (or Forwarded) is believed, by comma: "
            "addresses, networks, or loopback; empty = none"
        ),
    ] = _setting("", "HUBBUB_PROXIES")

    # Store and keys
    store: Annotated[str, Meta(description="sqlite:PATH or memory:")] = _setting(
        "sqlite:data/hubbub.db", "HUBBUB_STORE"
    )
    keys: Annotated[str, Meta(description="folder of CURVE keys; empty = none")] = _setting(
        "", "HUBBUB_KEYS"
    )
    key: Annotated[
        str, Meta(description="name of this process's own key in HUBBUB_KEYS; empty = the only one")
    ] = _setting("", "HUBBUB_KEY")
    insecure: Annotated[
        bool, Meta(description="1 = let the broker listen beyond loopback without keys")
    ] = _setting(False, "HUBBUB_INSECURE")

    # What people may do
    text_chars: Annotated[Positive, Meta(description="code points in a message")] = _setting(
        4000, "HUBBUB_TEXT_CHARS"
    )
    socket_rooms: Annotated[Positive, Meta(description="rooms that one socket may be in")] = (
        _setting(100, "HUBBUB_SOCKET_ROOMS")
    )
    private_rooms: Annotated[
        Positive, Meta(description="conversations that one person may have opened or spoken in")
    ] = _setting(1000, "HUBBUB_PRIVATE_ROOMS")
    page: Annotated[Positive, Meta(le=1000, description="entries in one page")] = _setting(
        100, "HUBBUB_PAGE"
    )
    in_flight: Annotated[
        Positive, Meta(description="requests of one socket that wait for their answer")
    ] = _setting(32, "HUBBUB_IN_FLIGHT")
    message_rate: Annotated[
        Seconds,
        Meta(
            description="messages, renames, new conversations and rooms a second and identity;"
            " 0 = no limit"
        ),
    ] = _setting(10.0, "HUBBUB_MESSAGE_RATE")
    message_burst: Annotated[
        Positive, Meta(description="messages, renames and new conversations that may come at once")
    ] = _setting(50, "HUBBUB_MESSAGE_BURST")

    topics: Annotated[
        Positive, Meta(description="topics that one gateway may subscribe: three a room")
    ] = _setting(100_000, "HUBBUB_TOPICS")

    # How rooms behave
    replay: Annotated[Count, Meta(description="messages that a newcomer is shown")] = _setting(
        50, "HUBBUB_REPLAY"
    )
    replay_events: Annotated[
        Positive, Meta(le=999, description="events that a newcomer is shown before its own join")
    ] = _setting(200, "HUBBUB_REPLAY_EVENTS")
    recovery_events: Annotated[
        Count, Meta(description="missed events that `since` brings; beyond: the newest page")
    ] = _setting(1000, "HUBBUB_RECOVERY_EVENTS")
    crowd: Annotated[Positive, Meta(description="participants above which a room is a crowd")] = (
        _setting(500, "HUBBUB_CROWD")
    )
    crowd_joins: Annotated[
        Positive, Meta(description="joins a second above which a room is a crowd")
    ] = _setting(20, "HUBBUB_CROWD_JOINS")
    retry_window: Annotated[Seconds, Meta(description="how long a repeated id is known")] = (
        _setting(7 * 86400.0, "HUBBUB_RETRY_WINDOW")
    )

    # Time given to people and processes
    lease: Annotated[float, Meta(gt=0, description="silence after which a gateway is given up")] = (
        _setting(15.0, "HUBBUB_LEASE")
    )
    move_grace: Annotated[
        Seconds, Meta(description="time for a lost gateway's people to be back elsewhere")
    ] = _setting(30.0, "HUBBUB_MOVE_GRACE")
    leave_grace: Annotated[
        Seconds, Meta(description="time for a lost connection to come back unseen")
    ] = _setting(5.0, "HUBBUB_LEAVE_GRACE")
    name_hold: Annotated[Seconds, Meta(description="how long a name is kept for who has left")] = (
        _setting(600.0, "HUBBUB_NAME_HOLD")
    )
    ping_interval: Annotated[float, Meta(gt=0, description="time between a gateway's pings")] = (
        _setting(25.0, "HUBBUB_PING_INTERVAL")
    )
    ping_timeout: Annotated[float, Meta(gt=0, description="time for a browser's pong")] = _setting(
        20.0, "HUBBUB_PING_TIMEOUT"
    )
    connect_timeout: Annotated[
        float, Meta(gt=0, description="time for a connection's Socket.IO CONNECT")
    ] = _setting(30.0, "HUBBUB_CONNECT_TIMEOUT")
    request_timeout: Annotated[
        float, Meta(gt=0, description="wait for the broker before a question is `unavailable`")
    ] = _setting(10.0, "HUBBUB_REQUEST_TIMEOUT")

    # Memory
    outbox_bytes: Annotated[
        Positive, Meta(description="unsent bytes of one browser before it is cut off")
    ] = _setting(1 << 20, "HUBBUB_OUTBOX_BYTES")
    tail_bytes: Annotated[
        Count, Meta(description="recent events that a gateway keeps for newcomers, all rooms")
    ] = _setting(64 << 20, "HUBBUB_TAIL_BYTES")

    log: Annotated[str, Meta(description="least severe level that is logged")] = _setting(
        "INFO", "HUBBUB_LOG"
    )


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process. Raises SettingsError, naming the variable, if one is unknown or
    its value cannot be used."""
    known = [field.encode_name for field in msgspec.structs.fields(Settings)]
    given = {}
    for name, value in environ.items():
        if name in known:
            given[name] = value
        elif name.startswith("HUBBUB_") and not checks.of_a_service(name, value):
            alike = checks.meant(name, known)
            raise SettingsError(
                f"settings: {name} is unknown"
                + (f"; is {alike} meant?" if alike else "; the README has a table of all settings")
            )
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings: {error}") from None
    for name, fits, looks_like in (
        ("HUBBUB_BROKER", checks.is_endpoint, "tcp://host:port or ipc://path"),
        ("HUBBUB_BIND", checks.is_endpoint, "tcp://host:port or ipc://path"),
        ("HUBBUB_EVENTS_BIND", checks.is_endpoint, "tcp://host:port or ipc://path"),
        ("HUBBUB_PATH", checks.is_path, "/chat, without a slash at its end, or is empty"),
        ("HUBBUB_LOG", lambda level: level.upper() in LEVELS, f"one of {', '.join(LEVELS)}"),
    ):
        value = getattr(settings, name.removeprefix("HUBBUB_").lower())
        if not fits(value):
            raise SettingsError(f"settings: {name} is {value!r}; it looks like {looks_like}")
    for name, fits, looks_like in (
        ("HUBBUB_ORIGINS", checks.is_origin, "https://host, or is *"),
        ("HUBBUB_GATEWAYS", checks.is_address, "https://host or http://host:port, without a path"),
        ("HUBBUB_PROXIES", checks.is_network, "10.0.0.7 or 10.0.0.0/8, or is loopback"),
    ):
        for entry in checks.entries(getattr(settings, name.removeprefix("HUBBUB_").lower())):
            if not fits(entry):
                raise SettingsError(f"settings: {name} has {entry!r}; it looks like {looks_like}")
    return settings
