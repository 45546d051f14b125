"""What comes round is done once per slot, whoever is there, and everyone can see how it went."""

import asyncio
import os
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from plaza.platform import periodic
from plaza.platform.database import Database
from plaza.platform.health import Degraded
from plaza.platform.periodic import Periodic, Timetable, check, queries, standing
from plaza.platform.pool import open_pool
from plaza.platform.problems import Unavailable
from tests.platform.patience import until
from tests.platform.ticking import TABLES

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


class Bell:
    """Rings once per slot; fails as it is told."""

    def __init__(self):
        self.slots, self.failures = [], []
        self.begun, self.free = asyncio.Event(), asyncio.Event()
        self.free.set()

    async def ring(self, slot):
        self.begun.set()
        await self.free.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.slots.append(slot)
        return 7


@pytest.fixture
def bell():
    return Bell()


@pytest.fixture
async def timetable(database, bell):
    made = Timetable(database, {"tests.bell": Periodic(run=bell.ring, every=HOUR)})
    async with database.reading() as connection:
        await connection.execute("delete from platform.periodic")
    await made.arrange()
    return made


async def elapse(database, by):
    async with database.reading() as connection:
        await connection.execute(
            "update platform.periodic set due_at = due_at - $1::interval,"
            " held_until = held_until - $1::interval",
            by,
        )


async def slot_of(database):
    async with database.reading() as connection:
        return await connection.fetchval("select due_at from platform.periodic")


async def test_a_slot_is_done_once_by_however_many(database, timetable, bell):
    others = [Timetable(database, {"tests.bell": Periodic(run=bell.ring, every=HOUR)})] * 4
    for _ in range(3):
        turns = await asyncio.gather(*(each.turn() for each in (timetable, *others)))
        assert sorted(turns) == [False] * 4 + [True]
        await elapse(database, HOUR)
    assert len(bell.slots) == 3


async def test_slots_are_counted_from_1970_and_those_missed_are_one(database, timetable):
    await elapse(database, 5 * HOUR)
    began = datetime.now(UTC)
    assert await timetable.turn()
    assert not await timetable.turn()
    slot = await slot_of(database)
    assert slot.timestamp() % 3600 == 0
    assert began < slot <= datetime.now(UTC) + HOUR


async def test_how_it_went_can_be_seen(database, timetable, bell):
    bell.failures = [ValueError("x" * 10_000)]
    await timetable.turn()
    (told,) = await standing(database)
    assert (told.name, told.done, told.error[:12]) == ("tests.bell", None, "ValueError: ")
    assert len(told.error) == 500
    with pytest.raises(Degraded, match=r"tests\.bell failed"):
        await check(database)
    await elapse(database, HOUR)
    await timetable.turn()
    (told,) = await standing(database)
    assert (told.done, told.error) == (7, None)
    assert datetime.now(UTC) - told.ended_at < HOUR
    await check(database)
    await elapse(database, 2 * HOUR)
    with pytest.raises(Degraded, match=r"tests\.bell is \d+ s late"):
        await check(database)


async def test_who_was_frozen_cannot_say_how_it_went(database, timetable, bell):
    bell.free.clear()
    frozen = asyncio.create_task(timetable.turn())
    await bell.begun.wait()
    async with database.reading() as connection:
        assert await queries(connection).take(["tests.bell"], 300) is None
        await elapse(database, timedelta(seconds=301))
        other = await queries(connection).take(["tests.bell"], 300)
    bell.free.set()
    await frozen
    (told,) = await standing(database)
    assert told.ended_at is None
    async with database.reading() as connection:
        assert await queries(connection).finish("tests.bell", other.attempt, 1, None)


async def test_an_outage_is_no_failure_the_slot_is_done_after_it(database, timetable, bell):
    bell.failures = [Unavailable()]
    with pytest.raises(Unavailable):
        await timetable.turn()
    assert not await timetable.turn()
    await elapse(database, timedelta(seconds=301))
    assert await timetable.turn()
    assert len(bell.slots) == 1


@pytest.mark.usefixtures("timetable")
async def test_what_takes_too_long_is_ended(database, bell):
    bell.free.clear()
    hasty = Timetable(database, {"tests.bell": Periodic(run=bell.ring, every=HOUR)}, lease=0.05)
    assert await hasty.turn()
    (told,) = await standing(database)
    assert told.error.startswith("TimeoutError")


async def test_works_that_are_new_are_due_and_those_gone_are_gone(database, timetable, bell):
    await timetable.turn()
    works = {
        "tests.bell": Periodic(run=bell.ring, every=timedelta(seconds=1)),
        "tests.new": Periodic(run=bell.ring, every=HOUR),
    }
    async with database.reading() as connection:
        await connection.execute(
            "insert into platform.periodic (name, every, due_at) values ('tests.old', '1 h', now())"
        )
    await Timetable(database, works).arrange()
    assert {each.name for each in await standing(database)} == works.keys()
    assert await slot_of(database) <= datetime.now(UTC) + timedelta(seconds=2)


async def test_it_goes_on_after_the_database_was_away(wire, bell, monkeypatch):
    monkeypatch.setattr(periodic, "LOOK_SECONDS", 0.01)
    async with open_pool(wire.dsn, size=1) as pool:
        await wire.down()
        running = asyncio.create_task(
            Timetable(Database(pool), {"tests.bell": Periodic(run=bell.ring, every=HOUR)}).run()
        )
        await wire.up()
        async with asyncio.timeout(20):
            await bell.begun.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def ticking(dsn):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.platform.ticking", dsn
    )
    try:
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_of_two_processes_one_does_each_slot_and_takes_over_from_one_that_is_gone(
    database, dsn, number
):
    async def ask(sql):
        async with database.reading() as connection:
            return [tuple(row) for row in await connection.fetch(sql)]

    async with database.reading() as connection:
        await connection.execute("drop table if exists tick, hang; delete from platform.periodic")
        await connection.execute(TABLES)
    async with ticking(dsn), ticking(dsn):

        async def some():
            return len(await ask("select from tick")) >= 3

        await until(some, 60)
        async with database.reading() as connection:
            await connection.execute("insert into hang values (null, null)")

        async def one_hangs():
            return await ask("select slot, pid from hang where slot is not null")

        await until(one_hangs, 60)
        ((slot, hanging),) = await one_hangs()
        os.kill(hanging, number)

        async def the_other_went_on():
            return [row for row in await ask("select slot from tick") if row[0] > slot]

        await until(the_other_went_on, 60)
        if number == signal.SIGSTOP:
            os.kill(hanging, signal.SIGCONT)
    ticks = await ask("select slot, pid from tick order by slot")
    slots = Counter(each for each, _ in ticks)
    assert {pid for each, pid in ticks if each == slot} > {hanging}
    assert slots.pop(slot) == 2
    assert set(slots.values()) == {1}
