"""The outbox is kept in pieces of a day: made ahead, and dropped a week later.

A row that was not published keeps its day. Without a piece for its day a row goes to the default
one, so that no write ever waits for a sweep.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from plaza.platform.database import Database
from plaza.platform.sql import bind
from plaza.platform.stream import DAYS
from plaza.platform.sweeping import Broom

log = structlog.get_logger()

AHEAD = 7
KEPT = DAYS
"""As long as the stream keeps its messages: what it lost can be published again."""


class OutboxDayQueries(Protocol):
    async def make(self, day: date) -> bool: ...

    async def pieces(self) -> list[date]: ...

    async def drop(self, day: date) -> bool: ...

    async def forget(self, before: datetime, count: int) -> int: ...


queries = bind(OutboxDayQueries, Path(__file__).with_name("outbox_days.sql"))


def outbox_days(database: Database) -> Broom:
    """Makes the days to come, and drops those that are over and out."""

    async def tend(now: datetime, count: int) -> int:
        today = now.astimezone(UTC).date()
        async with database.reading("platform.outbox_days") as connection:
            ask = queries(connection)
            pieces = await ask.pieces()
            for day in _missing(pieces, today):
                await ask.make(day)
            for day in pieces:
                if day < today - timedelta(days=KEPT) and not await ask.drop(day):
                    log.error("a day of events is kept: not all of it is out", day=str(day))
            return await ask.forget(now - timedelta(days=KEPT), count)

    return tend


def _missing(pieces: Sequence[date], today: date) -> list[date]:
    wanted = [today + timedelta(days=ahead) for ahead in range(AHEAD + 1)]
    return [day for day in wanted if day not in pieces]
