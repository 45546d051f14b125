"""One web process: Plaza's application on the socket its supervisor opened."""

import argparse
import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import uvicorn
import uvloop

from plaza.edge.rest.protocol import GuardedProtocol
from plaza.platform.starting import CannotStart
from plaza.settings import Settings, load

LAST_CALL = 0.25
"""Seconds for requests that are on their way when we stop listening."""


class App(Protocol):
    """What `plaza.app.gateway.build(settings)` gives; `asgi` is there from `start` until `stop`."""

    asgi: Any

    async def start(self, place: Path) -> None: ...

    def drain(self) -> None: ...

    async def stop(self) -> None: ...


class Server(uvicorn.Server):
    """Says in a file that it is ready, and leaves the end of the process to its caller."""

    def __init__(self, config: uvicorn.Config, ready: Path, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.write_text(str(os.getpid()))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Unlike uvicorn, which closes on whoever has connected and was not heard yet."""
        self._drain()
        waiting = [caller for listener in sockets or () for caller in _accepted(listener)]
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        loop = asyncio.get_running_loop()
        for caller in waiting:
            await loop.connect_accepted_socket(self._protocol, caller)
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(LAST_CALL)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        return GuardedProtocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn, which ends the process by the same signal before the app has stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield


def _accepted(listener: socket.socket) -> Iterator[socket.socket]:
    """Those in the kernel's queue, whom closing the listener would cut off."""
    with suppress(BlockingIOError):
        while True:
            yield listener.accept()[0]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--socket", type=int, required=True)
    arguments.add_argument("--ready", type=Path, required=True)
    arguments.add_argument("--app", default="plaza.app.gateway:build")
    told = arguments.parse_args()
    try:
        settings = load()
        module, _, factory = told.app.partition(":")
        app: App = getattr(import_module(module), factory)(settings)
        listener = socket.socket(fileno=told.socket)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(app, settings, told.ready, listener))
    except CannotStart as reason:
        sys.exit(str(reason))


async def serve(app: App, settings: Settings, ready: Path, listener: socket.socket) -> None:
    """Until SIGTERM, and then until every request in flight is answered."""
    await app.start(ready)
    _tidy()
    try:
        server = Server(_configuration(app, settings), ready, app.drain)
        await server.serve([listener])
    finally:
        await app.stop()


def _tidy() -> None:
    """What is there at the start stays: the collector need not look at it again and again.

    Requests leave few cycles behind, so that it may look more seldom as well.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _configuration(app: App, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app.asgi,
        interface="asgi3",
        loop="uvloop",
        http=GuardedProtocol,
        ws="websockets-sansio",
        lifespan="off",  # `serve` does it, so that a failure is a sentence and not a trace
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_graceful_shutdown=settings.drain_seconds,
    )


if __name__ == "__main__":
    main()
