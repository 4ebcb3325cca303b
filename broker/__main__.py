"""`python -m broker`: runs one broker until SIGTERM, SIGINT or SIGHUP."""

import asyncio
import logging
import sys
import time

from msgspec import structs

from broker.shell.http import HttpError, serving
from broker.shell.metrics import Metrics
from broker.shell.server import Server
from broker.shell.zmq_sockets import BrokerSockets
from broker.store.base import StoreError
from broker.store.sqlite import store_at
from common.descriptors import descriptor_limit, raise_descriptor_limit
from common.keys import BrokerKeys, KeysError, broker_keys
from common.logs import start_log
from common.settings import Settings, SettingsError, read_settings
from common.stop_signals import on_stop_signal
from common.zmq_sockets import SocketError, is_local, welcome_events

SWITCH_S = 0.0005
"""The interval after which a waiting thread gets the interpreter's lock. The store's threads wait
for it after each statement and row while the event loop is busy: with Python's 5 ms a commit of
many statements would take long."""
log = logging.getLogger("broker")


def main() -> int:
    """Returns the exit status. A setting, key, store or address that cannot be used is printed in
    one line."""
    try:
        settings = read_settings()
    except SettingsError as error:
        print(f"broker: {error}", file=sys.stderr)
        return 1
    start_log(settings.log)
    raise_descriptor_limit()
    sys.setswitchinterval(SWITCH_S)
    try:
        asyncio.run(_run(settings))
    except (SettingsError, KeysError, StoreError, SocketError, HttpError) as error:
        print(f"broker: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    keys = broker_keys(settings.keys)
    if keys is None and not settings.insecure:
        _refuse_public_endpoints(settings)
    metrics = Metrics()
    store = store_at(settings.store)
    wall = time.time()
    opened = await store.open(wall, wall - settings.name_hold, settings.retry_window)
    try:
        sockets = BrokerSockets(keys, metrics, settings.topics)
        try:
            commands, events = sockets.bind(settings.bind, settings.events_bind)
            advertised = welcome_events(events, settings.events_advertise)
            settings = structs.replace(settings, events_advertise=advertised)
            server = Server(settings, store, opened, sockets, metrics)
            origins = (settings.origins, settings.gateways)
            async with serving(
                settings.broker_http, lambda: server.why_not_ready, metrics, *origins
            ) as port:
                log.info(
                    "term %d: commands at %s, events at %s, http on port %d, keys: %s",
                    *(opened.term, commands, events, port),
                    "not required" if keys is None else _roles(keys) or "none",
                )
                for name in keys.without_role if keys is not None else ():
                    log.warning(
                        "the key %s has no role, so it is a gateway's: "
                        "`python -m scripts.keys %s --role ROLE` gives it another",
                        *(name, name),
                    )
                log.info("%d descriptors: each gateway needs two", descriptor_limit())
                await server.run(stop)
        finally:
            sockets.close()
    finally:
        await store.close()
    log.info("stopped")


def _roles(keys: BrokerKeys) -> str:
    return ", ".join(f"{name} ({role})" for name, role in keys.roles.items())


def _refuse_public_endpoints(settings: Settings) -> None:
    """Raises SettingsError if other machines could reach the broker, which has no keys."""
    for name, endpoint in (
        ("HUBBUB_BIND", settings.bind),
        ("HUBBUB_EVENTS_BIND", settings.events_bind),
    ):
        if not is_local(endpoint):
            raise SettingsError(
                f"settings: {name} is {endpoint}, which others can reach: set HUBBUB_KEYS"
                " (see scripts.keys), or HUBBUB_INSECURE=1 if the network is yours alone"
            )


if __name__ == "__main__":
    sys.exit(main())
