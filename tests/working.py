"""A worker beside the application that a test talks to."""

import asyncio
from contextlib import asynccontextmanager

from plaza.app.worker import build


@asynccontextmanager
async def working(settings):
    begun = asyncio.Event()
    task = asyncio.create_task(build(settings).run(begun.set))
    task.add_done_callback(lambda _: begun.set())
    await begun.wait()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
