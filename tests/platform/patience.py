"""Waiting for what is bound to happen, and not for ever."""

import asyncio


async def until(look, seconds=10.0):
    """Until `await look()` is true. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110  # the database sends no event
            await asyncio.sleep(0.002)
