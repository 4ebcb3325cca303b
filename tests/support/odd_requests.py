"""Odd requests: everything around a plain WebSocket handshake, and things that are nothing like
it. Each is told in bytes, under a name that says what is odd about it."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

POLLING, UPGRADED = b"{polling}", b"{upgraded}"
"""They stand for the sid of a session that polls, and of one that has its WebSocket."""
TARGET = "/socket.io/?EIO=4&transport=websocket"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEADERS = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}
PING = b"\x89\x80\0\0\0\0"
CONNECT = b"\x81\x82\0\0\0\x0040"
"""Two frames of a browser: a WebSocket's ping, and Socket.IO's CONNECT."""
POLL = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n"


class OddRequest(Struct, frozen=True):
    """`pieces` are sent one after another."""

    name: str
    pieces: tuple[bytes, ...]
    half_closed: bool = False
    """The client ends its half of the connection with the last byte."""


def handshake(
    line: str = f"GET {TARGET} HTTP/1.1",
    headers: Mapping[str, str] = HEADERS,
    more: bytes = b"",
    end: bytes = b"\r\n",
) -> bytes:
    """A plain handshake except for these changes; `more` are further lines."""
    lines = [line, *(f"{name}: {value}" for name, value in headers.items())]
    return end.join(each.encode("latin-1") for each in lines) + end + more + end


METHODS = ("POST", "HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "PRI", "get", "NONE", "")
VERSIONS = (
    "HTTP/1.0", "HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/2", "http/1.1", "HTTP/1.1 ", "HTTP/1.10",
    "HTTPS/1.1", "ICE/1.0", "",
)  # fmt: skip
TARGETS = (
    # the path
    "/socket.io?EIO=4&transport=websocket",
    "//socket.io/?EIO=4&transport=websocket",
    "/./socket.io/?EIO=4&transport=websocket",
    "/x/../socket.io/?EIO=4&transport=websocket",
    "/socket.io//?EIO=4&transport=websocket",
    "/socket.io/x?EIO=4&transport=websocket",
    "/socket%2Eio/?EIO=4&transport=websocket",
    "/socket.io%2F?EIO=4&transport=websocket",
    "/%73ocket.io/?EIO=4&transport=websocket",
    "/Socket.IO/?EIO=4&transport=websocket",
    "/socket.io/;a=b?EIO=4&transport=websocket",
    "/socket.io/%00?EIO=4&transport=websocket",
    "/socket.io/\x80?EIO=4&transport=websocket",
    "http://localhost/socket.io/?EIO=4&transport=websocket",
    "http://elsewhere.example/socket.io/?EIO=4&transport=websocket",
    "HTTP://localhost/socket.io/?EIO=4&transport=websocket",
    "http:///socket.io/?EIO=4&transport=websocket",
    "socket.io/?EIO=4&transport=websocket",
    "*",
    "",
    "/socket.io/",
    "/socket.io/?",
    "/healthz",
    # the query
    "/socket.io/?transport=websocket&EIO=4",
    "/socket.io/?t=Pq1x-_.0&EIO=4&transport=websocket&b64=1",
    "/socket.io/?EIO=4&transport=websocket&other=1",
    "/socket.io/?EIO=4&transport=websocket&j=0",
    "/socket.io/?EIO=4&transport=websocket&",
    "/socket.io/?&EIO=4&transport=websocket",
    "/socket.io/?EIO=4&&transport=websocket",
    "/socket.io/?EIO=4;transport=websocket",
    "/socket.io/?EIO=4&transport=websocket#x",
    "/socket.io/#?EIO=4&transport=websocket",
    "/socket.io/??EIO=4&transport=websocket",
    "/socket.io/?EIO=4&transport=websocket?",
    "/socket.io/?EIO=4&transport=websocket&t",
    "/socket.io/?EIO=4&transport=websocket&=1",
    "/socket.io/?EIO=4&transport=websocket&t=a=b",
    "/socket.io/?EIO=4&transport=websocket&t=\xff",
    "/socket.io/?EIO=4&transport=websocket&t=+",
    "/socket.io/?E%49O=4&transport=websocket",
    "/socket.io/?EIO=%34&transport=websocket",
    "/socket.io/?EIO=4&transport=web%73ocket",
    "/socket.io/?EIO=4&transport=WebSocket",
    "/socket.io/?EIO=4&transport=polling",
    "/socket.io/?EIO=4&transport=webtransport",
    "/socket.io/?EIO=4&transport=",
    "/socket.io/?EIO=4",
    "/socket.io/?transport=websocket",
    "/socket.io/?EIO=3&transport=websocket",
    "/socket.io/?EIO=04&transport=websocket",
    "/socket.io/?EIO=&transport=websocket",
    "/socket.io/?eio=4&transport=websocket",
    "/socket.io/?EIO=4&EIO=4&transport=websocket",
    "/socket.io/?EIO=4&EIO=3&transport=websocket",
    "/socket.io/?EIO=3&EIO=4&transport=websocket",
    "/socket.io/?EIO=4&transport=websocket&transport=websocket",
    "/socket.io/?EIO=4&transport=polling&transport=websocket",
    "/socket.io/?EIO=4&transport=websocket&transport=polling",
    # the session
    "/socket.io/?EIO=4&transport=websocket&sid=",
    "/socket.io/?EIO=4&transport=websocket&sid=nobody",
    "/socket.io/?EIO=4&transport=websocket&sid=%00",
    "/socket.io/?EIO=4&transport=websocket&sid=nobody&sid={polling}",
    "/socket.io/?EIO=4&transport=websocket&sid={polling}",
    "/socket.io/?EIO=4&transport=websocket&sid={polling}&sid={polling}",
    "/socket.io/?EIO=3&transport=websocket&sid={polling}",
    "/socket.io/?transport=websocket&sid={polling}",
    "/socket.io/?EIO=4&sid={polling}",
    "/socket.io/?EIO=4&transport=websocket&sid={polling}x",
    "/socket.io/?EIO=4&transport=websocket&sid=%7Bpolling%7D",
    "/socket.io/?EIO=4&transport=websocket&sid={upgraded}",
    "/socket.io/?EIO=4&transport=polling&sid={upgraded}",
    "/socket.io/?transport=websocket&sid={upgraded}",
)
VALUES = {
    "Host": (
        "", " ", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1", "::1", "LOCALHOST", "localhost.",
        "localhost:", "localhost:x", "localhost:99999", "a.localhost", "localhost/", "localhost,x",
        "elsewhere.example", "localhost.elsewhere.example", "127.0.0.1.elsewhere.example",
        "user@localhost", "page.example", "0x7f000001", "2130706433", "\xff", "local\xadhost",
    ),
    "Origin": (
        "", "null", "http://localhost", "https://localhost", "http://localhost:80",
        "http://localhost:81", "https://localhost:443", "http://LOCALHOST", "http://localhost/",
        "http://localhost/x", "http://elsewhere.example", "https://page.example",
        "https://page.example:443", "https://page.example:444", "http://page.example", "localhost",
        "//localhost", "http://user@localhost", "http://localhost, http://elsewhere.example",
        "http://localhost http://elsewhere.example", "http://[", "http://\xff", "*", "file://",
    ),
    "Connection": (
        "", "upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade, close", "close", "keep-alive",
        "Upgrade,", ",Upgrade", "upgraded", "xUpgrade", "Upgrade;x", "Upgrade x", "\xff, Upgrade",
    ),
    "Upgrade": (
        "", "WebSocket", "websocket ", "websocket, h2c", "h2c, websocket", "h2c", "websocket/13",
        "web socket", "websocket\xa0", "\xffwebsocket", "tcp",
    ),
    "Sec-WebSocket-Version": ("", "8", "7", "12", "14", "0", "13, 8", "13 ", "+13", "1\xb3", "x"),
    "Sec-WebSocket-Key": (
        "", "x", "A" * 21 + "==", "A" * 22, "A" * 22 + "=", "A" * 23 + "=", "A" * 24, "A" * 26,
        "A" * 22 + "===", "A" * 11 + " " + "A" * 11 + "==", "A" * 22 + "== ", "-" * 22 + "==",
        "A" * 22 + "==A", "A" * 21 + "B==", "\xff" * 22 + "==", "A" * 6000,
    ),
}  # fmt: skip
"""Values of the headers of a handshake, of which Origin is one that it may have."""
LINES = {
    "another subprotocol": b"Sec-WebSocket-Protocol: chat, superchat\r\n",
    "extensions": b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
    "a key of hixie-76": b"Sec-WebSocket-Key1: x\r\n",
    "a cookie": b"Cookie: a=b; c=d\r\n",
    "two cookies": b"Cookie: a=b\r\nCookie: c=d\r\n",
    "one proxy": b"X-Forwarded-For: 192.0.2.7\r\n",
    "two proxies": b"X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-For: 192.0.2.8\r\n",
    "a nonsensical proxy": b"X-Forwarded-For: \xff, [::1, , 1.2.3\r\nForwarded: for=;;\r\n",
    "another host by a proxy": b"X-Forwarded-Host: elsewhere.example\r\n",
    "another method": b"X-HTTP-Method-Override: POST\r\n",
    "a body of no length": b"Content-Length: 0\r\n",
    "a body of length 5": b"Content-Length: 5\r\n",
    "a negative length": b"Content-Length: -1\r\n",
    "a length that is no number": b"Content-Length: x\r\n",
    "a list of lengths": b"Content-Length: 0, 0\r\n",
    "a huge length": b"Content-Length: 99999999999999999999999\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 0\r\n",
    "two different lengths": b"Content-Length: 0\r\nContent-Length: 6\r\n",
    "a body in chunks": b"Transfer-Encoding: chunked\r\n",
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "the transfer encoding identity": b"Transfer-Encoding: identity\r\n",
    "an unknown transfer encoding": b"Transfer-Encoding: x\r\n",
    "chunks that are none": b"Transfer-Encoding: xchunked\r\n",
    "trailers": b"TE: trailers\r\nTrailer: Host\r\n",
    "an expectation": b"Expect: 100-continue\r\n",
    "another expectation": b"Expect: x\r\n",
    "a gzipped body": b"Content-Encoding: gzip\r\n",
    "an identical body": b"Content-Encoding: identity\r\n",
    "settings of HTTP/2": b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "a folded line": b"X-A: b\r\n c\r\n",
    "a folded Host": b"Host:\r\n localhost\r\n",
    "a line that begins with a space": b" X-A: b\r\n",
    "a line that begins with a tab": b"\tX-A: b\r\n",
    "a line without a colon": b"X-A\r\n",
    "a line with nothing before its colon": b": b\r\n",
    "a space before the colon": b"X-A : b\r\n",
    "a space in a name": b"X A: b\r\n",
    "an empty value": b"X-A:\r\n",
    "a name with a NUL": b"X-\0A: b\r\n",
    "a value with a NUL": b"X-A: a\0b\r\n",
    "a value with a control character": b"X-A: a\x01b\r\n",
    "a value with DEL": b"X-A: a\x7fb\r\n",
    "a value of 8 bits": b"X-A: \x80\xff\r\n",
    "a name of 8 bits": b"X-\xff: b\r\n",
    "a name with an underscore": b"X_A: b\r\n",
    "a name in quotes": b'"X": b\r\n',
    "a bare LF behind a value": b"X-A: b\n",
    "a bare CR behind a value": b"X-A: b\r",
    "a bare CR in a value": b"X-A: b\rX-B: c\r\n",
    "two CRs": b"X-A: b\r\r\n",
    "a long name": b"X" * 7000 + b": b\r\n",
    "a name that is too long": b"X" * 9000 + b": b\r\n",
    "a long value": b"X-A: " + b"b" * 8000 + b"\r\n",
    "a value that is too long": b"X-A: " + b"b" * 8300 + b"\r\n",
    "15 KiB of headers": b"".join(b"X-%d: %s\r\n" % (n, b"b" * 140) for n in range(100)),
    "17 KiB of headers": b"".join(b"X-%d: %s\r\n" % (n, b"b" * 166) for n in range(100)),
    "128 headers": b"".join(b"X-%d: b\r\n" % n for n in range(128 - len(HEADERS))),
    "129 headers": b"".join(b"X-%d: b\r\n" % n for n in range(129 - len(HEADERS))),
}
BEHIND = {
    "an early ping": PING,
    "an early CONNECT": CONNECT,
    "an early CONNECT and ping": CONNECT + PING,
    "an early half of a frame": PING[:3],
    "an early close": b"\x88\x80\0\0\0\0",
    "an early frame without a mask": b"\x81\x0240",
    "an early frame of reserved bits": b"\xf1\x80\0\0\0\0",
    "an early packet that is none": b"\x81\x81\0\0\0\0x",
    "an early text that is no UTF-8": b"\x81\x82\0\0\0\0\xff\xff",
    "an early event before CONNECT": b'\x81\x86\0\0\0\x0042["x"',
    "early pings without end": PING * 2000,
    "an empty line behind": b"\r\n",
    "a second handshake behind": handshake(),
    "another request behind": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
}
WHOLE = {
    "no request": b"\r\n\r\n",
    "empty lines before": b"\r\n\r\n" + handshake(),
    "a space before": b" " + handshake(),
    "a handshake of bare LFs": handshake(end=b"\n"),
    "a handshake of bare CRs": handshake(end=b"\r"),
    "a last line of a bare LF": handshake()[:-2] + b"\n",
    "two spaces in the first line": handshake(f"GET  {TARGET} HTTP/1.1"),
    "a tab in the first line": handshake(f"GET\t{TARGET} HTTP/1.1"),
    "a NUL in the first line": handshake(f"GET {TARGET}\0 HTTP/1.1"),
    "three words more in the first line": handshake(f"GET {TARGET} a b HTTP/1.1"),
    "a long query": handshake(f"GET {TARGET}&t={'x' * 7000} HTTP/1.1"),
    "a query that is too long": handshake(f"GET {TARGET}&t={'x' * 9000} HTTP/1.1"),
    "no headers": f"GET {TARGET} HTTP/1.1\r\n\r\n".encode(),
    "HTTP/0.9": f"GET {TARGET}\r\n".encode(),
    "a poll before": POLL + handshake(),
    "a request and a half": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + handshake()[:60],
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "a hello of TLS": bytes.fromhex("160301006a010000660303") + bytes(range(96)),
    "a hello of SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "the proxy protocol": b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n" + handshake(),
    "zeros": b"\0" * 400,
    "bytes of 8 bits": bytes(range(255, 127, -1)) * 3,
    "a JSON": b'{"EIO": 4}\r\n\r\n',
    "WebSocket frames": PING + CONNECT,
    "a line without an end": b"GET /" + b"x" * 20_000,
    "headers without an end": handshake()[:-2] + b"X-A: b\r\n" * 3000,
    "a poll": POLL,
}
_END = len(handshake())
CUTS = (1, 3, 4, 15, 16, 20, 40, 57, 58, 59, 60, 75, 100, _END - 4, _END - 3, _END - 2, _END - 1)


def odd_requests() -> Iterator[OddRequest]:
    def odd(name: str, *pieces: bytes, half_closed: bool = False) -> OddRequest:
        return OddRequest(name, pieces, half_closed)

    yield odd("nothing odd", handshake())
    for method in METHODS:
        yield odd(f"the method {method!r}", handshake(f"{method} {TARGET} HTTP/1.1"))
    for version in VERSIONS:
        yield odd(f"the version {version!r}", handshake(f"GET {TARGET} {version}"))
    for target in TARGETS:
        yield odd(f"the target {target}", handshake(f"GET {target} HTTP/1.1"))
    for name, values in VALUES.items():
        for value in values:
            yield odd(f"{name}: {value!r:.90}", handshake(headers={**HEADERS, name: value}))
    for name in HEADERS:
        yield from _of_header(name)
    yield odd("Origin twice", handshake(more=b"Origin: http://localhost\r\n" * 2))
    for name, more in LINES.items():
        yield odd(name, handshake(more=more))
        if b"-Encoding" in more or b"Length" in more:
            yield odd(f"{name}, and something behind", handshake(more=more) + CONNECT + PING)
    of_session = handshake(f"GET {TARGET}&sid={{polling}} HTTP/1.1")
    for name, behind in BEHIND.items():
        yield odd(name, handshake() + behind)
        yield odd(f"{name}, of a session", of_session + behind)
    for name, whole in WHOLE.items():
        yield odd(name, whole)
    for cut in CUTS:
        yield odd(f"cut at {cut}", handshake()[:cut], handshake()[cut:] + PING)
        yield odd(f"cut at {cut}, half closed", handshake()[:cut], half_closed=True)
    yield odd("half closed", handshake(), half_closed=True)
    yield odd("half closed after a CONNECT", handshake() + CONNECT, half_closed=True)
    yield odd("half closed after a poll", POLL, half_closed=True)


def _of_header(name: str) -> Iterator[OddRequest]:
    """This header of a handshake is missing, or there more than once, or spelled oddly."""
    plain = handshake()
    line, other = f"{name}: {HEADERS[name]}\r\n".encode(), f"{name}: x\r\n".encode()
    for what, lines in {
        "is missing": b"",
        "twice": line * 2,
        "and another one": line + other,
        "behind another one": other + line,
        "with a space before its colon": line.replace(b": ", b" : "),
        "without a space": line.replace(b": ", b":"),
        "with tabs": line.replace(b": ", b":\t ").replace(b"\r", b" \t\r"),
        "in lower case": line.lower().replace(KEY.lower().encode(), KEY.encode()),
        "in upper case": line.upper().replace(KEY.upper().encode(), KEY.encode()),
        "with an underscore": line.replace(b"-", b"_"),
    }.items():
        yield OddRequest(f"{name} {what}", (plain.replace(line, lines),))
