"""nginx, Caddy and HAProxy as ordinary processes, with the configurations of docs/deploy."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.processes import ROOT, free_port
from tests.support.surroundings import clean_environment, need_tool

FILES = {
    ("nginx", ""): "nginx.conf",
    ("nginx", "/chat"): "nginx-path.conf",
    ("caddy", ""): "Caddyfile",
    ("caddy", "/chat"): "Caddyfile-path",
    ("haproxy", ""): "haproxy.cfg",
    ("haproxy", "/chat"): "haproxy-path.cfg",
}
AROUND_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
DOCUMENTED = ("4000", "4001", "8080")
"""Ports of the gateways and of the site around them."""
LISTENS = r"listen 80;|bind :80$|^\w+\.example \{"
"""The line by which each proxy listens at a port."""
READY_S = 10.0


@contextmanager
def running(
    tool: str, path: str, gateways: list[str], folder: Path, *changed: tuple[str, str]
) -> Iterator[str]:
    """Runs the proxy before the gateways at these ports, for a page at its root or below a path.
    Yields its URL. `changed` has parts of the documented configuration, and substitutes."""
    need_tool(tool)
    port = free_port()
    text = (ROOT / "docs/deploy" / FILES[tool, path]).read_text()
    for old, new in changed:
        assert old in text
        text = text.replace(old, new)
    for documented, real in zip(DOCUMENTED, [*gateways, str(free_port())], strict=True):
        text = text.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{real}")
    text, found = re.subn(LISTENS, _own(tool, port), text, flags=re.M)
    assert found == 1, text
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND_NGINX.format(folder=folder))
    command = {
        "nginx": ["nginx", "-p", str(folder), "-e", "error.log", "-c", "nginx.conf"],
        "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", "site.conf"],
        "haproxy": ["haproxy", "-db", "-f", "site.conf"],
    }[tool]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment({"HOME": str(folder), "XDG_DATA_HOME": str(folder)}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(port, process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _own(tool: str, port: int) -> str:
    return {
        "nginx": f"listen 127.0.0.1:{port};",
        "caddy": f"{{\n\tadmin off\n}}\nhttp://:{port} {{",
        "haproxy": f"bind 127.0.0.1:{port}",
    }[tool]


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + READY_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
