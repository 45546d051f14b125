"""What is over is removed, a little at a time: every hour, by one process for all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog

from plaza.platform.problems import Unavailable

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
AT_ONCE = 500

Broom = Callable[[datetime, int], Awaitable[int]]
"""Removes what is over at that time, as many as that at most, and tells how many those were."""


class Sweeper:
    def __init__(self, brooms: Mapping[str, Broom]) -> None:
        """`brooms` by what they remove."""
        self._brooms = brooms

    async def run(self) -> None:
        """Until it is cancelled; whatever fails is tried again an hour later."""
        while True:
            await self.sweep(datetime.now(UTC))
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self, now: datetime) -> None:
        for name, broom in self._brooms.items():
            try:
                while await broom(now, AT_ONCE) >= AT_ONCE:
                    pass
            except Unavailable:
                log.warning("sweeping waits for the database", of=name)
            except Exception:
                log.exception("sweeping failed", of=name)
