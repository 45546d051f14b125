"""What a process is doing this moment, in numbers, for whoever runs it."""

import asyncio
import os
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from plaza.platform.caches.invalidation import CacheVitals
from plaza.platform.pool import Pool

PAGE_BYTES = resource.getpagesize()
LOOK_SECONDS = 0.5
STATM = Path("/proc/self/statm")


class PoolVitals(Struct, frozen=True, kw_only=True):
    """Connections, and callers that wait for one."""

    size: int
    most: int
    idle: int
    busy: int
    waiting: int


class Vitals(Struct, frozen=True, kw_only=True):
    """`loop_lag_ms` is how late the event loop came to its last look, every half second."""

    version: str
    pid: int
    uptime_seconds: float
    tasks: int
    threads: int
    loop_lag_ms: float
    memory_bytes: int
    pool: PoolVitals
    caches: CacheVitals


class Monitor:
    """`run` measures how late the loop is; `look` tells all."""

    def __init__(self, pool: Pool, caches: Callable[[], CacheVitals], version: str) -> None:
        self._pool = pool
        self._caches = caches
        self._version = version
        self._began = time.monotonic()
        self._lag = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._lag = max(0.0, loop.time() - due)

    def look(self) -> Vitals:
        return Vitals(
            version=self._version,
            pid=os.getpid(),
            uptime_seconds=round(time.monotonic() - self._began, 3),
            tasks=len(asyncio.all_tasks()),
            threads=threading.active_count(),
            loop_lag_ms=round(self._lag * 1000, 3),
            memory_bytes=_resident_bytes(),
            pool=_pool_vitals(self._pool),
            caches=self._caches(),
        )


def _resident_bytes() -> int:
    if STATM.exists():
        return int(STATM.read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _pool_vitals(pool: Pool) -> PoolVitals:
    size, idle = pool.get_size(), pool.get_idle_size()
    # asyncpg counts its callers nowhere; those who wait are the queue's.
    queue: Any = getattr(pool, "_queue", None)
    waiting = len(getattr(queue, "_getters", ()))
    return PoolVitals(
        size=size, most=pool.get_max_size(), idle=idle, busy=size - idle, waiting=waiting
    )
