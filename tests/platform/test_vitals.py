"""A process tells in numbers what it is doing."""

import asyncio
import time

import pytest

from plaza.platform import vitals
from plaza.platform.caches import Caches
from plaza.platform.caches.invalidation import Invalidation
from plaza.platform.pool import open_pool
from plaza.platform.vitals import Monitor

pytestmark = pytest.mark.anyio


async def test_whoever_holds_or_waits_for_a_connection_is_counted(dsn):
    async with open_pool(dsn, size=1) as pool:
        monitor = Monitor(pool, Invalidation(None, Caches(seconds=60)).look, "1.2")
        async with pool.acquire():
            waiting = asyncio.create_task(pool.fetchval("select 1"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            told = monitor.look()
        assert await waiting == 1
        after = monitor.look()
    assert (told.version, told.pool.most, told.pool.busy, told.pool.waiting) == ("1.2", 1, 1, 1)
    assert (after.pool.busy, after.pool.waiting) == (0, 0)
    assert (after.caches.kept, after.caches.beat_seconds) == (0, None)


async def test_a_loop_that_is_held_up_is_late(dsn, monkeypatch):
    monkeypatch.setattr(vitals, "LOOK_SECONDS", 0.01)
    async with open_pool(dsn, size=1) as pool:
        monitor = Monitor(pool, Invalidation(None, Caches(seconds=60)).look, "1.2")
        looking = asyncio.create_task(monitor.run())
        await asyncio.sleep(0)
        time.sleep(0.1)  # noqa: ASYNC251  # what must not happen is what is measured
        late = []
        for _ in range(10):
            await asyncio.sleep(0)
            late.append(monitor.look().loop_lag_ms)
        looking.cancel()
    assert max(late) > 50
