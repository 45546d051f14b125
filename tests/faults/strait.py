"""A narrow way to a server, through which everything passes, or nothing for a while."""

import asyncio
import threading
from contextlib import suppress


class Strait:
    """Runs in a thread of its own. Shut, it is a network that swallows what is sent into it."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._open: asyncio.Event
        self._ways: set[asyncio.Task[None]] = set()

    def __enter__(self):
        self._thread.start()
        self.port = self._do(self._start())
        return self

    def __exit__(self, *_):
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def shut(self) -> None:
        self._do(self._set(opened=False))

    def open(self) -> None:
        self._do(self._set(opened=True))

    def forget(self) -> None:
        """Whoever has been connected hears nothing any more, and is not told; others may come."""
        self._do(self._forget())

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start(self) -> int:
        self._open = asyncio.Event()
        self._open.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)

    async def _set(self, *, opened: bool) -> None:
        if opened:
            self._open.set()
        else:
            self._open.clear()

    async def _forget(self) -> None:
        self._open, forgotten = asyncio.Event(), self._open
        self._open.set()
        forgotten.clear()

    async def _connected(self, reader, writer) -> None:
        self._ways.add(asyncio.current_task())
        there = [writer]
        try:
            with suppress(OSError):
                way, back = await asyncio.open_connection("127.0.0.1", self._server_port)
                there.append(back)
                both = self._carry(reader, back, self._open), self._carry(way, writer, self._open)
                await asyncio.gather(*both)
        finally:
            for each in there:
                each.close()
            self._ways.discard(asyncio.current_task())

    async def _carry(self, reader, writer, opened) -> None:
        while said := await reader.read(2**16):
            await opened.wait()
            writer.write(said)
            await writer.drain()
        writer.close()
