"""`python -m bench.jobs`: how soon a letter's job starts while 100,000 others wait elsewhere."""

import asyncio
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import uvloop

from plaza.platform import migrations
from plaza.platform.database import Database
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.jobs import BULK, MAIL, Job, Jobs, NewJob, Work, enqueue
from plaza.platform.pool import open_pool

WAITING = 100_000
LETTERS = 40
APART_SECONDS = 0.35
FILL = (
    "insert into platform.job (id, lane, kind, payload, due_at)"
    " select gen_random_uuid(), $1, 'bench.bulk', '{}', now() from generate_series(1, $2)"
)


class Desk:
    def __init__(self) -> None:
        self.bulk = 0
        self.begun: dict[str, float] = {}

    async def do_bulk(self, _: Job) -> None:
        self.bulk += 1

    async def send(self, job: Job) -> None:
        self.begun[str(job.id)] = time.perf_counter()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="plaza-bench-") as folder:
        run = Path(folder, "run")
        run.mkdir()
        with Postgres(Path(folder, "postgres"), run) as server:
            migrations.up(server.dsn)
            uvloop.run(_measure(server.dsn))


async def _measure(dsn: str) -> None:
    desk = Desk()
    async with open_pool(dsn) as pool:
        database = Database(pool)
        async with database.reading() as connection:
            await connection.execute(FILL, BULK, WAITING)
        bulk = Jobs(database, BULK, {"bench.bulk": Work(run=desk.do_bulk)})
        mail = Jobs(database, MAIL, {"bench.letter": Work(run=desk.send)})
        running = [asyncio.create_task(each.run()) for each in (bulk, mail)]
        began = time.perf_counter()
        written = {}
        for _ in range(LETTERS):
            job = NewJob(kind="bench.letter", lane=MAIL, payload={})
            async with database.transaction("bench.write") as tx:
                await enqueue(tx, job)
            written[str(job.id)] = time.perf_counter()
            await asyncio.sleep(APART_SECONDS)
        await asyncio.sleep(2)
        done, seconds = desk.bulk, time.perf_counter() - began
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    late = sorted((desk.begun[job] - at) * 1000 for job, at in written.items())
    print(
        f"{LETTERS} letters while {WAITING - done:,} to {WAITING:,} bulk jobs wait:\n"
        f"begun after {statistics.median(late):.0f} ms (median), {late[-1]:.0f} ms (longest)\n"
        f"bulk jobs meanwhile: {done / seconds:,.0f}/s"
    )


if __name__ == "__main__":
    main()
