"""Raw sockets against a live server: for what no HTTP library would send."""

import asyncio
from contextlib import asynccontextmanager, suppress

import uvicorn

from plaza.edge.rest.protocol import GuardedProtocol


@asynccontextmanager
async def listening(app):
    """The application on a port of its own, as a web process serves it; gives the port."""
    config = uvicorn.Config(
        app,
        port=0,
        http=GuardedProtocol,
        loop="uvloop",
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@asynccontextmanager
async def dialled(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def said(port, *pieces, pause=0.0, within=3.0, then=None):
    """All that the server says to these bytes until it closes or falls silent.

    `within` seconds something must be heard; `then`, if given, is how long more is waited for.
    """
    told = bytearray()
    async with dialled(port) as (reader, writer):
        sending = asyncio.create_task(send(writer, pieces, pause))
        with suppress(TimeoutError, ConnectionError):
            while chunk := await asyncio.wait_for(reader.read(65_536), within):
                told += chunk
                within = then or within
        await sending
    return bytes(told)


async def send(writer, pieces, pause):
    for piece in pieces:
        if writer.is_closing():
            return
        writer.write(piece)
        await asyncio.sleep(pause)
