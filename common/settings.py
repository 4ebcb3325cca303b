"""The settings: one frozen struct for every kind of process, read once from the environment."""

import os
from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from common import checks

Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsError(ValueError):
    """A setting in the environment cannot be used. The message is one line for people."""


def variable(field: str) -> str:
    """The environment variable of a field. PORT is called so by honcho and by hosting platforms."""
    return "PORT" if field == "port" else f"HUBBUB_{field.upper()}"


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename=variable):
    """Each field is read from its environment `variable`. Durations are in seconds. Every process
    reads and checks all fields, even those that its kind does not use."""

    # Addresses
    port: Annotated[int, Meta(ge=0, le=65535, description="port of a gateway; 0 = any")] = 4000
    host: Annotated[
        str, Meta(description="address that a gateway listens on; `::` = all, IPv4 too")
    ] = "127.0.0.1"
    broker: Annotated[
        str, Meta(description="the broker's command endpoint: all a gateway or script needs")
    ] = "tcp://127.0.0.1:5555"
    bind: Annotated[str, Meta(description="where the broker receives commands")] = (
        "tcp://127.0.0.1:5555"
    )
    events_bind: Annotated[str, Meta(description="where the broker publishes")] = (
        "tcp://127.0.0.1:5556"
    )
    events_advertise: Annotated[
        str,
        Meta(
            description="endpoint that gateways are told to subscribe at; empty = the broker's "
            "host as they know it, with the port of HUBBUB_EVENTS_BIND"
        ),
    ] = ""
    broker_http: Annotated[
        str, Meta(description="host:port of the broker's healthz, readyz and metrics; empty = none")
    ] = "127.0.0.1:5557"
    path: Annotated[
        str, Meta(description="path below which a gateway serves everything, as `/chat`")
    ] = ""
    gateways: Annotated[
        str,
        Meta(
            description="addresses of all gateways as browsers know them, by comma: a page "
            "that loses its gateway goes to another; empty = only this one"
        ),
    ] = ""
    origins: Annotated[
        str, Meta(description="origins of pages that may connect, by comma, or *; empty = same")
    ] = ""

    proxies: Annotated[
        str,
        Meta(
            description="proxies whose X-Forwarded-For (or Forwarded) is believed, by comma: "
            "addresses, networks, or loopback; empty = none"
        ),
    ] = ""

    # Store and keys
    store: Annotated[str, Meta(description="sqlite:PATH or memory:")] = "sqlite:data/hubbub.db"
    keys: Annotated[str, Meta(description="folder of CURVE keys; empty = none")] = ""
    key: Annotated[
        str, Meta(description="name of this process's own key in HUBBUB_KEYS; empty = the only one")
    ] = ""
    insecure: Annotated[
        bool, Meta(description="1 = let the broker listen beyond loopback without keys")
    ] = False

    # What people may do
    text_chars: Annotated[Positive, Meta(description="code points in a message")] = 4000
    socket_rooms: Annotated[Positive, Meta(description="rooms that one socket may be in")] = 100
    private_rooms: Annotated[
        Positive, Meta(description="conversations that one person may have opened or spoken in")
    ] = 1000
    page: Annotated[Positive, Meta(le=1000, description="entries in one page")] = 100
    in_flight: Annotated[
        Positive, Meta(description="requests of one socket that may wait for their answers")
    ] = 32
    message_rate: Annotated[
        Seconds,
        Meta(
            description="messages, renames, new conversations and rooms, each second and for "
            "each identity; 0 = no limit"
        ),
    ] = 10.0
    message_burst: Annotated[
        Positive, Meta(description="messages, renames and new conversations that may come at once")
    ] = 50

    topics: Annotated[
        Positive, Meta(description="topics that one gateway may subscribe: three for each room")
    ] = 100_000

    # How rooms behave
    replay: Annotated[Count, Meta(description="messages that a person who joins is shown")] = 50
    replay_events: Annotated[
        Positive,
        Meta(le=999, description="events before their own join that a person who joins is shown"),
    ] = 200
    recovery_events: Annotated[
        Count,
        Meta(description="missed events that `since` brings; if more are missed: the newest page"),
    ] = 1000
    crowd: Annotated[Positive, Meta(description="participants above which a room is a crowd")] = 500
    crowd_joins: Annotated[
        Positive, Meta(description="joins a second above which a room is a crowd")
    ] = 20
    retry_window: Annotated[
        Seconds,
        Meta(description="how long a message's id is kept, so that its repetition is recognised"),
    ] = 7 * 86400.0

    # Time given to people and processes
    lease: Annotated[
        float, Meta(gt=0, description="silence after which a gateway counts as lost")
    ] = 15.0
    move_grace: Annotated[
        Seconds,
        Meta(description="time in which people of a lost gateway may come back at another one"),
    ] = 30.0
    leave_grace: Annotated[
        Seconds,
        Meta(description="time in which a person whose connection was lost may come back unseen"),
    ] = 5.0
    name_hold: Annotated[
        Seconds, Meta(description="how long the name of a person who left is kept for them")
    ] = 600.0
    ping_interval: Annotated[float, Meta(gt=0, description="time between a gateway's pings")] = 25.0
    ping_timeout: Annotated[
        float, Meta(gt=0, description="time in which a browser has to answer a ping")
    ] = 20.0
    connect_timeout: Annotated[
        float,
        Meta(gt=0, description="time in which a connection has to send its Socket.IO CONNECT"),
    ] = 30.0
    request_timeout: Annotated[
        float,
        Meta(
            gt=0, description="wait for the broker's answer before a request fails as `unavailable`"
        ),
    ] = 10.0

    # Memory
    outbox_bytes: Annotated[
        Positive, Meta(description="unsent bytes of one browser before it is cut off")
    ] = 1 << 20
    tail_bytes: Annotated[
        Count,
        Meta(description="recent events that a gateway keeps in memory, of all rooms together"),
    ] = 64 << 20

    log: Annotated[str, Meta(description="least severe level that is logged")] = "INFO"


_ENDPOINT = (checks.is_endpoint, "tcp://host:port or ipc://path")
_FORMS: dict[str, tuple[Callable[[str], bool], str]] = {
    "broker": _ENDPOINT,
    "bind": _ENDPOINT,
    "events_bind": _ENDPOINT,
    "path": (checks.is_path, "/chat, without a slash at its end, or be empty"),
    "log": (lambda level: level.upper() in LEVELS, f"one of {', '.join(LEVELS)}"),
}
_ENTRY_FORMS: dict[str, tuple[Callable[[str], bool], str]] = {
    "origins": (checks.is_origin, "https://host, or is *"),
    "gateways": (checks.is_gateway_address, "https://host or http://host:port, without a path"),
    "proxies": (checks.is_network, "10.0.0.7 or 10.0.0.0/8, or is loopback"),
}
"""Of lists: the form of each entry."""


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process. Raises SettingsError, which names the variable, if a variable
    is unknown or its value cannot be used."""
    known = [field.encode_name for field in msgspec.structs.fields(Settings)]
    given = {}
    for name, value in environ.items():
        if name in known:
            given[name] = value
        elif name.startswith("HUBBUB_") and not checks.is_set_by_kubernetes(name, value):
            alike = checks.closest(name, known)
            raise SettingsError(
                f"settings: {name} is unknown"
                + (f"; is {alike} meant?" if alike else "; the README has a table of all settings")
            )
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings: {error}") from None
    for field, (fits, looks_like) in _FORMS.items():
        value = getattr(settings, field)
        if not fits(value):
            raise SettingsError(
                f"settings: {variable(field)} is {value!r}; it must look like {looks_like}"
            )
    for field, (fits, looks_like) in _ENTRY_FORMS.items():
        for entry in checks.entries(getattr(settings, field)):
            if not fits(entry):
                raise SettingsError(
                    f"settings: {variable(field)} has {entry!r}; entries look like {looks_like}"
                )
    return settings
