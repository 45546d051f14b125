"""Answers are kept for a day, not for ever."""

from datetime import datetime, timedelta

from plaza.platform import idempotency
from plaza.platform.database import Database
from plaza.platform.sweeping import Broom

KEPT = timedelta(hours=24)


def forget_answers(database: Database) -> Broom:
    """Drops what was kept for Idempotency-Keys when its day is over."""

    async def forget(now: datetime, count: int) -> int:
        async with database.reading("platform.forget") as connection:
            return await idempotency.queries(connection).forget(now - KEPT, count)

    return forget
