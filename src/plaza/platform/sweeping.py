"""What is over is removed, a little at a time, so that nobody waits long for a lock."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from plaza.platform import idempotency
from plaza.platform.database import Database
from plaza.platform.periodic import Run

AT_ONCE = 500
KEPT = timedelta(hours=24)
"""How long an answer may be replayed (docs/spec.md, Idempotency-Key)."""

Broom = Callable[[datetime, int], Awaitable[int]]
"""Removes what is over at that time, as many as that at most, and tells how many those were."""


def sweep(broom: Broom) -> Run:
    """As periodic work: all that is over."""

    async def run(now: datetime) -> int:
        removed = 0
        while True:
            some = await broom(now, AT_ONCE)
            removed += some
            if some < AT_ONCE:
                return removed

    return run


def forget_answers(database: Database) -> Broom:
    """Answers are kept for a day, not for ever."""

    async def forget(now: datetime, count: int) -> int:
        async with database.reading("platform.forget") as connection:
            return await idempotency.queries(connection).forget(now - KEPT, count)

    return forget
