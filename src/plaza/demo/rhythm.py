"""When people do things: by day, by their own clock. Times are milliseconds since 1970 (UTC)."""

from datetime import datetime
from itertools import accumulate

from plaza.demo.chance import Chance
from plaza.platform.ids import EPOCH, MILLISECOND

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

BUSY = tuple(accumulate((3, 1, 1, 1, 1, 2, 4, 7, 8, 6, 5, 5, 8, 7, 5, 5, 5, 6, 7, 9, 10, 10, 8, 5)))
"""Cumulative, by the hour of a day."""

TRIES = 20
NOON, EVENING, NIGHT_ENDS = 12, 18, 4


def moment(chance: Chance, since: int, until: int, east: float) -> int:
    """Some time between the two, at an hour that is likely where one is; `east` in hours."""
    ahead = int(east * HOUR)
    for _ in range(TRIES):
        day = (since + ahead + chance.below(until - since + 1)) // DAY
        at = day * DAY + chance.weighted(BUSY) * HOUR + chance.below(HOUR) - ahead
        if since <= at <= until:
            return at
    return since + chance.below(until - since + 1)


def part_of_day(at: int, east: float) -> str:
    hour = (at + int(east * HOUR)) % DAY // HOUR
    if NIGHT_ENDS <= hour < NOON:
        return "morning"
    return "afternoon" if NOON <= hour < EVENING else "evening"


def instant(at: int) -> datetime:
    return EPOCH + at * MILLISECOND


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND
