"""A process that ticks once a second if no other does: `python -m tests.platform.ticking <dsn>`."""

import asyncio
import os
import sys
from datetime import timedelta

from plaza.platform import periodic
from plaza.platform.database import Database
from plaza.platform.periodic import Periodic, Timetable
from plaza.platform.pool import open_pool

LEASE_SECONDS = 2.0
TABLES = """
create table tick (slot timestamptz, pid integer);
create table hang (slot timestamptz, pid integer);
"""
TICK = "insert into tick values ($1, $2)"
HANG = "update hang set slot = $1, pid = $2 where slot is null returning true"
"""Whoever finds a row of nobody's stays in its slot."""


async def main(dsn: str) -> None:
    periodic.LOOK_SECONDS = 0.1
    async with open_pool(dsn, size=2) as pool:
        database = Database(pool)

        async def tick(slot):
            async with database.reading() as connection:
                await connection.execute(TICK, slot, os.getpid())
                hangs = await connection.fetchval(HANG, slot, os.getpid())
            if hangs:
                await asyncio.Event().wait()
            return 1

        works = {"tests.tick": Periodic(run=tick, every=timedelta(seconds=1))}
        await Timetable(database, works, lease=LEASE_SECONDS).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
