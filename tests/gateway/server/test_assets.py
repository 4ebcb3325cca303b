"""gateway/server/assets.py: what a browser gets, in which form, and how long it may keep it."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import brotli
import pytest
from aiohttp import web

from gateway.server.assets import FOR_EVER, Assets
from gateway.server.page import STATIC, Page

AS_IT_IS = {"Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def page() -> Page:
    """The page is read and compressed once: that takes half a second."""
    return Page([], 4000)


@pytest.fixture
async def http(page: Page) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of an application with the page below /chat/."""
    app = web.Application()
    app.router.add_get("/chat/", page.serve)
    app.router.add_get("/chat/static/{name:.+}", page.serve_file)
    app.on_response_prepare.append(page.add_headers)
    runner = web.AppRunner(app)
    await runner.setup()
    await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
    assert site._server is not None
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port}/chat/", auto_decompress=False
    ) as session:
        yield session
    await runner.cleanup()


async def named(http: aiohttp.ClientSession) -> list[str]:
    """The addresses that the page names."""
    async with http.get("", headers=AS_IT_IS) as answer:
        return re.findall(r'(?:src|href)="(static/[^"]+)"', await answer.text())


async def test_files_that_the_page_names_are_kept_for_ever(http: aiohttp.ClientSession) -> None:
    names = await named(http)
    assert len(set(names)) == 2
    for name in names:
        async with http.get(name) as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == FOR_EVER
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    endings = {name.rpartition(".")[2] for name in names}
    assert endings == {"js", "css"}


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("static/js/main.js", "text/javascript; charset=utf-8"),
        ("static/style.css", "text/css; charset=utf-8"),
        ("static/favicon.svg", "image/svg+xml"),
        ("static/vendor/LICENSE.lit-html", "text/plain; charset=utf-8"),
        ("", "text/html; charset=utf-8"),
    ],
)
async def test_plain_addresses_are_validated_again(
    http: aiohttp.ClientSession, name: str, content_type: str
) -> None:
    async with http.get(name, headers=AS_IT_IS) as answer:
        body = await answer.read()
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Vary"] == "Accept-Encoding"
        tag = answer.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        async with http.get(name, headers={**AS_IT_IS, "If-None-Match": known}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
            assert answer.headers["ETag"] == tag
    async with http.get(name, headers={**AS_IT_IS, "If-None-Match": '"other"'}) as answer:
        assert (answer.status, await answer.read()) == (200, body)
    async with http.head(name, headers=AS_IT_IS) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(body))
    async with http.get(name, headers={**AS_IT_IS, "Range": "bytes=0-9"}) as answer:
        assert (answer.status, await answer.read()) == (200, body), "ranges are not offered"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.4, gzip;q=0.5", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("GZIP", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000, br;q=0, *", None),
        ("zstd", None),
        ("", None),
        ("identity", None),
    ],
)
async def test_files_are_compressed_for_browsers_that_accept_it(
    http: aiohttp.ClientSession, accepted: str, coding: str | None
) -> None:
    async with http.get("static/style.css", headers={"Accept-Encoding": accepted}) as answer:
        body, tag = await answer.read(), answer.headers["ETag"]
        assert answer.headers.get("Content-Encoding") == coding
        assert answer.headers["Vary"] == "Accept-Encoding"
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding](body)
    async with http.get("static/style.css", headers={"Accept-Encoding": "identity"}) as answer:
        assert unpacked == await answer.read()
        assert (answer.headers["ETag"] == tag) is (coding is None), "each form has its own tag"


async def test_an_address_of_another_version_gets_this_version_but_not_for_ever(
    http: aiohttp.ClientSession,
) -> None:
    for name in await named(http):
        other = re.sub(r"-[0-9a-f]{16}\.", "-0123456789abcdef.", name)
        async with http.get(name) as answer, http.get(other) as answer_to_other:
            assert await answer_to_other.read() == await answer.read()
            assert answer_to_other.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name",
    [
        "static/none.js",
        "static/none-0123456789abcdef.js",
        "static/js/",
        "static/../index.html",
        "static/%2e%2e/gateway/page.py",
        "static//etc/passwd",
        "static/style-0123.css",
    ],
)
async def test_a_missing_file_is_a_404_that_is_not_cached(
    http: aiohttp.ClientSession, name: str
) -> None:
    async with http.get(name) as answer:
        assert answer.status == 404
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_disk_is_not_read_after_the_start(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "main.js").write_text("console.log(1);")
    assets = Assets(tmp_path)
    (tmp_path / "js" / "main.js").unlink()
    assert assets.by_name["js/main.js"].body == b"console.log(1);"
    assert b"console.log(1);" in assets.by_name["page.js"].body
    assert re.fullmatch(r"page-[0-9a-f]{16}\.js", assets.address("js/main.js"))


def test_a_page_that_names_a_missing_file_is_an_error() -> None:
    with pytest.raises(KeyError):
        Assets(STATIC).with_addresses('<img src="static/none.png">')
