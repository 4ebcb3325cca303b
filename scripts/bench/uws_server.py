"""A peer: uWebSockets through socketify, which publishes in C++ and joins frames by itself.

python uws_server.py PORT      where socketify is installed; prints "ready" once it listens

It is no Socket.IO server: it knows just enough of its packets for scripts.load.
"""

import itertools
import json
import sys
import time
from typing import Any

from socketify import App, AppListenOptions, OpCode

OPEN = '0{"sid":"u","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
numbers = itertools.count(1)
app = App()


def opened(ws: Any) -> None:
    ws.send(OPEN, OpCode.TEXT)


def heard(ws: Any, packet: str, opcode: Any) -> None:
    if packet.startswith("40"):
        ws.send('40{"sid":"u"}', OpCode.TEXT)
        if '"join"' in packet:
            ws.subscribe("bench")
            ws.send('42["joined",{"ok":true}]', OpCode.TEXT)
    elif packet.startswith('420["join"'):
        ws.subscribe("bench")
        ws.send('430[{"ok":true}]', OpCode.TEXT)
    elif packet.startswith("42"):
        number, _, rest = packet[2:].partition("[")
        _, payload = json.loads("[" + rest)
        event = {
            "EvtType": "message",
            "User": "load-00000000-0",
            "Timestamp": time.time(),
            "Text": payload["message"],
            "Room": payload["room"],
            "Seq": next(numbers),
            "Id": "kMrX2ZJ86CEdv2vR",
            "Uid": "_KD04D2qrQKC0IXT",
        }
        told = "42" + json.dumps(["chat", event], separators=(",", ":"))
        ws.send(f'43{number}[{{"ok":true}}]', OpCode.TEXT)
        app.publish("bench", told, OpCode.TEXT)


app.ws(
    "/*",
    {
        "compression": 0,
        "max_payload_length": 1 << 20,
        "max_backpressure": 1 << 26,
        "idle_timeout": 120,
        "open": opened,
        "message": heard,
    },
)
app.listen(
    AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"),
    lambda _: print("ready", flush=True),
)
app.run()
