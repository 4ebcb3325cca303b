"""`python -m gateway`: one gateway process, until SIGTERM, SIGINT or SIGHUP."""

import asyncio
import contextlib
import logging
import secrets
import sys

from aiohttp import web

from common.addresses import authority, without_brackets
from common.descriptors import descriptor_limit, raise_descriptor_limit
from common.gc_policy import GcPolicy
from common.http import RUNNER_OPTIONS
from common.keys import KeysError
from common.logs import start_log
from common.settings import Settings, SettingsError, read_settings
from common.stop_signals import on_stop_signal
from gateway import gauges
from gateway.app import make_app
from gateway.chat.chat import Chat
from gateway.link.connector import Connector
from gateway.runtime.descriptor_quota import browser_descriptors
from gateway.runtime.metrics import Metrics
from gateway.server.javascript import SourceError
from gateway.server.listener import KEEPALIVE_S, IdleReaper, listen_on

SHUTDOWN_S = 1.0
"""When the gateway stops, open requests may take this long, and as long again after they were
cancelled."""
SETTLE_S = 60.0
"""Objects that have lived for this long are taken for permanent by the garbage collector."""
FEW_SOCKETS = 1000
"""With fewer sockets there is time to let the garbage collector visit everything that lives."""
log = logging.getLogger("gateway")


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM, SIGINT or SIGHUP. Raises OSError if the port is taken."""
    metrics = Metrics()
    loop = asyncio.get_running_loop()
    gateway = secrets.token_hex(8)
    connector = Connector(settings, gateway)
    chat = Chat(settings, gateway, metrics, connector.link, loop)
    gauges.register(metrics, chat, connector.link)
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    idle_reaper = IdleReaper(settings.connect_timeout)
    app, server = make_app(settings, chat, metrics, idle_reaper)
    runner = web.AppRunner(
        app,
        **RUNNER_OPTIONS,
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=SHUTDOWN_S,
    )
    await runner.setup()
    try:
        listeners = listen_on(runner, server.open_plain, settings.host, settings.port)
        address = authority(*listeners[0].address)
        log.info("gateway %s at http://%s%s/", chat.gateway, address, settings.path)
        log.info(
            "%d descriptors, %d of them for browsers", descriptor_limit(), browser_descriptors()
        )
        async with asyncio.TaskGroup() as tasks:
            connecting = tasks.create_task(connector.run(chat))
            maintaining = tasks.create_task(chat.maintenance.run())
            collecting = tasks.create_task(_collect_garbage(chat, metrics))
            reaping = tasks.create_task(idle_reaper.run(runner))
            await stop.wait()
            for listener in listeners:
                listener.close()
            reaping.cancel()
            collecting.cancel()
            maintaining.cancel()
            connecting.cancel()
    finally:
        await runner.cleanup()


async def _collect_garbage(chat: Chat, metrics: Metrics) -> None:
    collector = GcPolicy(metrics.gc_pause.observe)
    collector.start()
    try:
        while True:
            collector.settle(everything=len(chat.sessions) < FEW_SOCKETS)
            await asyncio.sleep(SETTLE_S)
    finally:
        collector.stop()


def main() -> int:
    """Returns the exit status. A setting, key, source file or address that cannot be used is
    printed in one line."""
    try:
        settings = read_settings()
    except SettingsError as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    start_log(settings.log)
    raise_descriptor_limit()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(settings))
    except (KeysError, SourceError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        address = authority(without_brackets(settings.host), settings.port)
        print(
            f"gateway: cannot listen on {address} ({error.strerror}); "
            "set PORT or HUBBUB_HOST, or stop what listens there",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
