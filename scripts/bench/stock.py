"""A peer: python-socketio on aiohttp, as in its documentation, with the events of Hubbub.

python -m scripts.bench.stock PORT      prints "ready" once it listens

No broker, no disk, no Seq that holds: only the fan-out is compared.
"""

import asyncio
import itertools
import sys
import time
from typing import Any

import socketio
from aiohttp import web

from common.descriptors import raise_descriptor_limit


def server() -> socketio.AsyncServer:
    sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins=[])
    numbers = itertools.count(1)

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        for wanted in (auth or {}).get("join", []):
            await sio.enter_room(sid, wanted["room"])
            await sio.emit("joined", {"ok": True, "room": wanted["room"]}, to=sid)

    async def join(sid: str, payload: dict[str, Any]) -> dict[str, Any]:
        await sio.enter_room(sid, payload["room"])
        return {"ok": True, "room": payload["room"]}

    async def chat(sid: str, payload: dict[str, Any]) -> dict[str, Any]:
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
        await sio.emit("chat", event, room=payload["room"])
        return {"ok": True}

    sio.on("connect", connect)
    sio.on("join", join)
    sio.on("chat", chat)
    return sio


async def serve(port: int) -> None:
    app = web.Application()
    server().attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    raise_descriptor_limit()
    asyncio.run(serve(int(sys.argv[1])))
