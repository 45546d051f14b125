"""`python -m bench.events`: from the outbox through the broker into reactions, with fsync on."""

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import structlog
import uvloop
from msgspec import Struct

from plaza.platform import migrations
from plaza.platform.broker import Broker
from plaza.platform.caches.herald import Herald
from plaza.platform.database import Database, Transaction
from plaza.platform.embedded.nats import Nats
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.events import Event
from plaza.platform.fencing import Fenced
from plaza.platform.leases import Leases, Tenure
from plaza.platform.outbox_days import outbox_days
from plaza.platform.outbox_watch import OutboxWatch
from plaza.platform.pool import open_pool
from plaza.platform.reactions import AT_ONCE, Reaction, Reactions
from plaza.platform.relay import LEASE, Relay
from plaza.platform.stream import Stream

WAITING = 100_000
KEYS = 2_000
RATE = 500
STEADY_SECONDS = 1.0
SCHEMA = """
create schema if not exists bench;
create table bench.heard (reaction text, id uuid, who uuid not null, primary key (reaction, id));
"""
HEAR = """
insert into bench.heard (reaction, id, who)
select $1, id, who from unnest($2::uuid[], $3::uuid[]) as event (id, who)
 order by id
on conflict do nothing
"""
STREAM = Stream(name="bench")


class Said(Event, frozen=True, kw_only=True):
    topic = "bench.said"

    who: UUID
    words: str = "A hundred characters or so, which is about what an event of a post or a like has."

    @property
    def key(self) -> UUID:
        return self.who


class Bench(Struct, frozen=True):
    """The servers, and a pool of the process that is measured."""

    dsn: str
    nats: Nats
    database: Database


class Heard:
    """A reaction that writes a row for each event, in one transaction a batch."""

    def __init__(self, name: str, database: Database, at_once: int) -> None:
        self.count = 0
        self._database = database
        self.reaction = Reaction(name=name, events=(Said,), react=self._hear, at_once=at_once)

    async def _hear(self, events: Sequence[Said]) -> None:
        ids, people = [each.event_id for each in events], [each.who for each in events]

        async def decide(tx: Transaction) -> None:
            await tx.connection.execute(HEAR, self.reaction.name, ids, people)

        await self._database.decide("bench.hear", decide)
        self.count += len(events)


class Worker:
    """A relay, and a reaction for each size of a batch, in this process."""

    def __init__(self, bench: Bench, broker: Broker, sizes: Sequence[int]) -> None:
        tenure = Tenure()
        fenced = Fenced(bench.database, tenure.vouch)
        self.relay = Relay(fenced, broker, STREAM, tenure, Herald(broker, [Said]))
        self.heard = [Heard(f"bench.{uuid4().hex[:8]}", fenced, size) for size in sizes]
        works = {LEASE: self.relay.lead}
        for each in self.heard:
            reactions = Reactions(each.reaction, bench.database, broker, STREAM, tenure)
            works[each.reaction.name] = reactions.run
        self._leases = Leases(bench.dsn, works, tenure)

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._leases.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _seconds_until(promise: Callable[[], bool]) -> float:
    began = time.perf_counter()
    while not promise():  # noqa: ASYNC110  # a poll costs what is measured nothing
        await asyncio.sleep(0.005)
    return time.perf_counter() - began


async def _say(database: Database, count: int) -> None:
    people = [uuid4() for _ in range(KEYS)]
    for first in range(0, count, 1_000):
        now = datetime.now(UTC)
        async with database.transaction("bench.say") as tx:
            some = range(first, min(first + 1_000, count))
            tx.announce(*(Said(who=people[n % KEYS], occurred_at=now) for n in some))


async def _relay(bench: Bench) -> None:
    await _say(bench.database, WAITING)
    async with Broker(bench.nats.url) as broker:
        worker = Worker(bench, broker, [AT_ONCE, AT_ONCE])
        async with worker.leading():
            await _seconds_until(lambda: worker.relay.relayed > 0)
            first = worker.relay.relayed
            relayed = await _seconds_until(lambda: worker.relay.relayed >= WAITING)
            rest = await _seconds_until(lambda: all(each.count >= WAITING for each in worker.heard))
    print(f"relayed, two reactions at work beside it: {(WAITING - first) / relayed:,.0f} events/s")
    print(f"relayed and done by both: {(WAITING - first) / (relayed + rest):,.0f} events/s")


async def _batches(bench: Bench, seconds: float) -> None:
    """What is in the stream already, told to a new reaction."""
    rates = {}
    for size in (1, AT_ONCE):
        async with Broker(bench.nats.url) as broker:
            worker = Worker(bench, broker, [size])
            async with worker.leading():
                await _seconds_until(lambda of=worker: of.heard[0].count > 0)
                before, began = worker.heard[0].count, time.perf_counter()
                await asyncio.sleep(seconds)
                rates[size] = (worker.heard[0].count - before) / (time.perf_counter() - began)
    one, many = rates.values()
    print(f"a reaction, one by one: {one:,.0f} events/s; up to {AT_ONCE} at once: {many:,.0f}")
    print(f"ratio: {many / one:.1f}")


async def _without_broker(bench: Bench, seconds: float) -> None:
    """Written all the time; how far behind the outbox is when the broker is back."""
    watch = OutboxWatch(bench.database, STREAM)
    async with Broker(bench.nats.url) as broker:
        worker = Worker(bench, broker, [AT_ONCE])
        async with worker.leading(), _writing(bench.database):
            await asyncio.sleep(STEADY_SECONDS)
            bench.nats.kill()
            await asyncio.sleep(seconds)
            late = (await watch.backlog()).late
            bench.nats.start()  # here, not in a thread: it ends with the one that started it
            bench.nats.wait_ready()
            began = time.perf_counter()
            while (await watch.backlog()).late >= 1.0:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.05)
            caught_up = time.perf_counter() - began
    print(f"after {seconds:.0f} s without broker at {RATE} events/s: {late:.0f} s late")
    print(f"less than 1 s late {caught_up:.1f} s after the broker was back")


@asynccontextmanager
async def _writing(database: Database) -> AsyncIterator[None]:
    async def write() -> None:
        while True:
            await asyncio.gather(_say(database, RATE // 10), asyncio.sleep(0.1))

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _measure(dsn: str, nats: Nats, seconds: float, away: float) -> None:
    async with open_pool(dsn) as pool:
        bench = Bench(dsn, nats, Database(pool))
        await pool.execute(SCHEMA)
        await outbox_days(bench.database)(datetime.now(UTC), 500)
        await _relay(bench)
        await _batches(bench, seconds)
        await _without_broker(bench, away)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bench.events")
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--away", type=float, default=60)
    told = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="plaza-bench-") as folder:
        run = Path(folder, "run")
        run.mkdir()
        with (
            Postgres(Path(folder, "postgres"), run) as postgres,
            Nats(Path(folder, "nats"), run) as nats,
        ):
            migrations.up(postgres.dsn)
            uvloop.run(_measure(postgres.dsn, nats, told.seconds, told.away))


if __name__ == "__main__":
    main()
