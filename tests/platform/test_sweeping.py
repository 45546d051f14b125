"""What is over goes, all of it, and a little at a time."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from plaza.platform.jobs import DEAD_FOR, NewJob, enqueue, forget_dead
from plaza.platform.sweeping import AT_ONCE, sweep

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


class Floor:
    def __init__(self, dirt):
        self.dirt, self.most = dirt, 0

    async def sweep(self, _now, count):
        self.most = max(self.most, count)
        gone = min(self.dirt, count)
        self.dirt -= gone
        return gone


@pytest.mark.parametrize("dirt", [0, 1, AT_ONCE, 3 * AT_ONCE + 1])
async def test_everything_goes_a_little_at_a_time(dirt):
    floor = Floor(dirt)
    assert await sweep(floor.sweep)(NOW) == dirt
    assert (floor.dirt, floor.most) == (0, AT_ONCE)


async def test_dead_jobs_are_kept_for_a_month_and_living_ones_until_they_are_done(database):
    lane = secrets.token_hex(4)
    ages = [None, NOW - DEAD_FOR - timedelta(hours=1), NOW - DEAD_FOR + timedelta(hours=1)]
    async with database.transaction("sweeping.put") as tx:
        for dead_at in ages:
            job = NewJob(kind="desk.work", lane=lane, payload={})
            await enqueue(tx, job)
            await tx.connection.execute(
                "update platform.job set dead_at = $2, created_at = $3 where id = $1",
                job.id,
                dead_at,
                NOW - 2 * DEAD_FOR,
            )
    assert await forget_dead(database)(NOW, 10) == 1
    async with database.reading() as connection:
        left = await connection.fetch("select dead_at from platform.job where lane = $1", lane)
    assert {row["dead_at"] for row in left} == {None, ages[2]}
