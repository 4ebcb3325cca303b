"""The launch: checks that the ports are free, acts as honcho, and says which address to open.

`./scripts/start` runs it with the arguments of `honcho start`. Two things differ from plain honcho:
the environment counts more than .env, and being stopped on purpose is success.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from honcho.command import map_from, parser
from honcho.environ import Env, expand_processes, parse
from honcho.manager import Manager
from honcho.printer import Message, Printer

from common.addresses import authority, without_brackets
from common.settings import Settings, SettingsError, read_settings
from scripts import cli
from scripts.health import ask
from scripts.orphans import BoundProcess

STOPPED_ON_PURPOSE = (130, 143)
"""Exit statuses of honcho after Ctrl-C and SIGTERM."""
EVERYWHERE = ("", "0.0.0.0", "::")
LOOK_S = 0.1


class LaunchError(Exception):
    """Why nothing was started, and what to do about it, in one line."""


class Process(NamedTuple):
    """One process of the Procfile, with the whole environment that it will find."""

    name: str
    command: str
    environment: dict[str, str]


class Address(NamedTuple):
    """An address on which a process will listen, and the setting that changes it."""

    process: str
    setting: str
    host: str
    port: int


def processes(args: Any) -> list[Process]:
    """The processes that `honcho start` would run for these arguments. Raises LaunchError."""
    from_file: dict[str, str] = {}
    for name in args.env.split(","):
        path = os.path.join(args.app_root, name.strip())
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                from_file |= parse(file.read())
    environment = {**from_file, **os.environ}
    port = getattr(args, "port", None) or environment.pop("PORT", None) or "4000"
    counts = dict(pair.partition("=")[::2] for pair in (args.concurrency or "").split(",") if pair)
    procfile = Env(map_from(args)).load_procfile().processes
    for name in (*counts, *args.processes):
        if name not in procfile:
            raise LaunchError(f"the Procfile has no {name!r}; it has {', '.join(procfile)}")
    wanted = {name: procfile[name] for name in args.processes or procfile}
    try:
        expanded = expand_processes(
            wanted, concurrency={name: int(n) for name, n in counts.items()}, port=int(port)
        )
    except ValueError:
        raise LaunchError(
            f"a port and a count are numbers, these are not: {port} {args.concurrency}"
        ) from None
    return [Process(p.name, p.cmd, {**environment, **p.env}) for p in expanded]


def addresses(process: str, settings: Settings) -> Iterator[Address]:
    """The addresses on which this process will listen, without port 0 and ipc://, which are always
    free."""
    if process.startswith("gateway."):
        yield Address(process, "PORT", without_brackets(settings.host), settings.port)
    if process.startswith("broker."):
        http = f"tcp://{settings.broker_http}" if settings.broker_http else ""
        for setting, endpoint in (
            ("HUBBUB_BIND", settings.bind),
            ("HUBBUB_EVENTS_BIND", settings.events_bind),
            ("HUBBUB_BROKER_HTTP", http),
        ):
            url = urlsplit(endpoint)
            if url.scheme == "tcp" and url.port:
                yield Address(process, setting, url.hostname or "*", url.port)


def check_free(address: Address) -> None:
    """Raises LaunchError if a process listens there, or if this machine has no such address."""
    host = "0.0.0.0" if address.host == "*" else address.host
    try:
        family, _, _, _, place = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # The processes do so too: a port that was in use a moment ago is free for them.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise LaunchError(
            f"{address.process} cannot listen on {address.host}:{address.port} ({error.strerror});"
            f" stop what listens there or choose another by {address.setting}"
        ) from None


def page(address: Address, path: str = "") -> str:
    """The address to open in a browser on this machine."""
    host = "localhost" if address.host in EVERYWHERE else address.host
    return f"http://{authority(host, address.port)}{path}/"


class LaunchPrinter(Printer):  # type: ignore[misc]  # honcho is not typed
    """honcho's printer, which writes a line that no process wrote as it is, without time and name.

    Only the manager's thread writes: `print` writes a line and its end one after the other, so that
    lines of two threads would get mixed."""

    def write(self, message: Message) -> None:
        if message.name is None:
            print(message.data, file=self.output, flush=True)
        else:
            super().write(message)


class Launched(Manager):  # type: ignore[misc]  # honcho is not typed
    """honcho's manager, which says which pages to open once all gateways are ready."""

    def __init__(self, printer: Printer, pages: dict[Address, str]) -> None:
        super().__init__(printer)
        self._process_ctor = BoundProcess
        self._pages = pages

    def _start(self) -> None:
        super()._start()
        # After the processes, which are forked while this one has a single thread.
        threading.Thread(target=self._tell, daemon=True).start()

    def _tell(self) -> None:
        waiting = list(self._pages)
        while waiting and not self._any_stopped():
            time.sleep(LOOK_S)
            waiting = [one for one in waiting if ask(one.host, one.port, "/readyz")[0] != 200]
        if self._pages and not waiting:
            pages = " or ".join(self._pages.values())
            line = f"Hubbub: open {pages} (Ctrl-C stops it)"
            self.events.put(Message("line", line, datetime.now(), None, None))


def launch(arguments: list[str]) -> int:
    """Runs until a process ends or somebody stops it. Returns the exit status."""
    args = parser.parse_args(["start", *arguments])
    pages: dict[Address, str] = {}
    printer = LaunchPrinter(sys.stdout, colour=not args.no_colour, prefix=not args.no_prefix)
    manager = Launched(printer, pages)
    quiet = (args.quiet or "").split(",")
    for process in processes(args):
        settings = read_settings(process.environment)
        for address in addresses(process.name, settings):
            check_free(address)
            if address.setting == "PORT" and address.port:
                pages[address] = page(address, settings.path)
        manager.add_process(
            process.name,
            process.command,
            quiet=process.name.partition(".")[0] in quiet,
            env=process.environment,
        )
    manager.loop()
    return 0 if manager.returncode in STOPPED_ON_PURPOSE else manager.returncode


def main(arguments: list[str]) -> int:
    # A closed terminal stops everything too. Forked children have this handler as well; by other
    # start methods they would die of the hang-up and leave the processes behind.
    multiprocessing.set_start_method("fork")
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as it is under `nohup`
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        return launch(arguments)
    except (LaunchError, SettingsError, OSError) as error:
        print(f"start: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    cli.end(main)
