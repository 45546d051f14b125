"""Answers are kept for a day, not for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from plaza.platform import idempotency
from plaza.platform.database import Database
from plaza.platform.problems import Unavailable

log = structlog.get_logger()

KEPT = timedelta(hours=24)
EVERY_SECONDS = 600.0
AT_ONCE = 1_000


class Forgetting:
    """Drops kept answers when their day is over, in as many processes as one likes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self.forget(datetime.now(UTC))
            except Unavailable:
                log.warning("old answers wait for the database")
            await asyncio.sleep(EVERY_SECONDS)

    async def forget(self, now: datetime) -> int:
        """How many answers had been kept for long enough."""
        count = 0
        while True:
            async with self._database.reading("platform.forget") as connection:
                gone = await idempotency.queries(connection).forget(now - KEPT, AT_ONCE)
            count += gone
            if gone < AT_ONCE:
                return count
