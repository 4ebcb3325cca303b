"""Asks a process on this machine whether it is alive, or ready, and uses no HTTP proxy:
`python -m scripts.health gateway|broker [--ready]`, with the settings of that process.
"""

import argparse
import http.client
import sys

from common.addresses import authority, reachable_host, split_address
from common.settings import Settings, SettingsError, read_settings
from scripts import cli

WAIT_S = 4.0


def ask(host: str, port: int, path: str) -> tuple[int, str]:
    """Status and text of the answer; without an answer 0 and the reason. (urllib would use
    `http_proxy`.)"""
    connection = http.client.HTTPConnection(reachable_host(host), port, timeout=WAIT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(1000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def place(process: str, settings: Settings) -> tuple[str, int]:
    """Host and port at which the process answers. Raises ValueError."""
    if process == "gateway":
        return settings.host, settings.port
    return split_address(settings.broker_http)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.health")
    parser.add_argument("process", choices=("gateway", "broker"))
    parser.add_argument("--ready", action="store_true", help="also linked and caught up")
    given = parser.parse_args(arguments)
    try:
        host, port = place(given.process, read_settings())
    except SettingsError as error:
        print(f"health: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"health: HUBBUB_BROKER_HTTP: {error}", file=sys.stderr)
        return 1
    status, text = ask(host, port, "/readyz" if given.ready else "/healthz")
    if status == 200:
        print(text)
        return 0
    where = authority(reachable_host(host), port)
    print(
        f"health: the {given.process} at {where}: {status or 'no answer'}: {text}", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    cli.end(main)
