"""The fault proxy: TCP between two processes that can be cut, frozen or delayed."""

import asyncio
from asyncio import StreamReader, StreamWriter
from typing import Self

CHUNK_BYTES = 1 << 16


class Proxy:
    """Listens on `port` and forwards to `target`, until told otherwise. What is frozen is kept and
    goes on after `heal`, unless it was cut meanwhile."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.connections = 0
        self.delay_s = 0.0
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self.heal()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self.heal()
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Ends all connections. New connections are served."""
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self, *, up: bool = False, down: bool = False) -> None:
        """Passes nothing to the target (up) or from it (down); both: connections are
        accepted and all is silent, as with a half-open one."""
        if up:
            self._up.clear()
        if down:
            self._down.clear()

    def heal(self) -> None:
        self.delay_s = 0.0
        self._up.set()
        self._down.set()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._writers.discard(writer)
            writer.transport.abort()
            return
        self._writers.add(far_writer)
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, far_writer, self._up))
                pumps.create_task(self._pump(far_reader, writer, self._down))
        finally:
            self._writers -= {writer, far_writer}

    async def _pump(self, reader: StreamReader, writer: StreamWriter, flows: asyncio.Event) -> None:
        """Forwards until one of the two connections ends; then it cuts the other one, too."""
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await flows.wait()
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()
