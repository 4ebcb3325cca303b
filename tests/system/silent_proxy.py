"""Proxies that do not speak WebSocket, and do not say so."""

import asyncio
from asyncio import StreamReader, StreamWriter
from typing import Literal, Self

CHUNK_BYTES = 1 << 16
Passes = Literal["nothing", "the handshake", "the first packet"]


class SilentProxy:
    """Forwards HTTP. Of a WebSocket it lets only a part pass; then it is silent and keeps the
    connection open."""

    def __init__(self, port: int, target: int, passes: Passes) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.muted = asyncio.Event()
        """Set once a WebSocket has come that is silent now."""
        self._port, self._target, self._passes = port, target, passes
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, far_writer}
        try:
            first = await reader.read(CHUNK_BYTES)
            websocket = b"upgrade: websocket" in first.lower()
            if not websocket or self._passes != "nothing":
                far_writer.write(first)
            async with asyncio.TaskGroup() as pumps:
                if websocket:
                    pumps.create_task(self._pass_some(far_reader, writer))
                    pumps.create_task(_pump(reader, None))
                else:
                    pumps.create_task(_pump(far_reader, writer))
                    pumps.create_task(_pump(reader, far_writer))
        except* OSError:
            pass
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    async def _pass_some(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self._passes != "nothing":
            writer.write(await reader.readuntil(b"\r\n\r\n"))
        if self._passes == "the first packet":
            writer.write(await reader.readuntil(b"}"))
        self.muted.set()
        await _pump(reader, None)


async def _pump(reader: StreamReader, writer: StreamWriter | None) -> None:
    """Forwards until one of the two connections ends. Without a receiver all bytes are lost."""
    while chunk := await reader.read(CHUNK_BYTES):
        if writer is not None:
            writer.write(chunk)
            await writer.drain()
    raise ConnectionResetError
