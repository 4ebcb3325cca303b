"""A wire between a gateway and its broker, at 127.0.0.2: it passes all bytes and remembers them."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from typing import Self

HOST = "127.0.0.2"
CHUNK_BYTES = 1 << 16


class Wire:
    """Listens on the broker's own ports, on another address. `to_gateway` is all that came from
    the broker."""

    def __init__(self, *ports: int) -> None:
        self.to_gateway = bytearray()
        self.to_broker = bytearray()
        self._ports = ports
        self._servers: list[asyncio.Server] = []
        self._writers: list[StreamWriter] = []

    async def __aenter__(self) -> Self:
        for port in self._ports:
            self._servers.append(await asyncio.start_server(self._serve(port), HOST, port))
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for writer in self._writers:
            writer.close()
        for server in self._servers:
            await server.wait_closed()

    def _serve(self, port: int) -> Callable[[StreamReader, StreamWriter], Awaitable[None]]:
        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            try:
                broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            self._writers += [writer, broker_writer]
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(_pump(reader, broker_writer, self.to_broker))
                pumps.create_task(_pump(broker_reader, writer, self.to_gateway))

        return serve


async def _pump(reader: StreamReader, writer: StreamWriter, passed: bytearray) -> None:
    """Until one of the two ends; then the other one is closed too."""
    try:
        while chunk := await reader.read(CHUNK_BYTES):
            passed += chunk
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
