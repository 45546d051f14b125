"""The outbox keeps a week, a piece a day; what is not out stays, and no write waits for a sweep."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from plaza.platform.outbox_days import AHEAD, KEPT, outbox_days, queries
from plaza.platform.relay import queries as relaying

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
PLAN = """
explain (costs off)
select seq, id, topic, payload, created_at from platform.outbox
 where published_at is null order by seq limit 500
"""


@pytest.fixture
def tend(database):
    return outbox_days(database)


def days(*counts):
    return [NOW + timedelta(days=count) for count in counts]


async def write(database, at, *, published=True):
    async with database.reading() as connection:
        return await connection.fetchval(
            "insert into platform.outbox (id, topic, key, payload, created_at, published_at)"
            " values ($1, 'tests.said', $1, '{}', $2, case when $3 then now() end)"
            " returning seq",
            uuid4(),
            at,
            published,
        )


async def kept(database):
    async with database.reading() as connection:
        found = await connection.fetch(
            "select seq, tableoid::regclass::text as piece from platform.outbox order by seq"
        )
    return {each["seq"]: each["piece"].removeprefix("platform.outbox_") for each in found}


@pytest.fixture(autouse=True)
async def empty(database):
    async with database.reading() as connection:
        await connection.execute("delete from platform.outbox")


async def pieces(database):
    async with database.reading() as connection:
        return await queries(connection).pieces()


async def test_a_week_is_made_ahead(database, tend):
    await tend(NOW, 500)
    later = NOW + timedelta(days=3)
    await tend(later, 500)
    wanted = [(later + timedelta(days=ahead)).date() for ahead in range(AHEAD + 1)]
    assert set(wanted) <= set(await pieces(database))
    seq = await write(database, later)
    assert await kept(database) == {seq: f"{later:%Y%m%d}"}


async def test_what_is_over_goes_with_its_day_and_what_is_not_out_stays(database, tend):
    await tend(NOW, 500)
    today, tomorrow = days(0, 1)
    gone, waits = await write(database, today), await write(database, tomorrow, published=False)
    other = await write(database, tomorrow)
    await tend(NOW + timedelta(days=KEPT), 500)
    assert set(await kept(database)) == {gone, waits, other}
    await tend(NOW + timedelta(days=KEPT + 2), 500)
    assert set(await kept(database)) == {waits, other}
    async with database.reading() as connection:
        await relaying(connection).published([waits], tomorrow, tomorrow)
    await tend(NOW + timedelta(days=KEPT + 2), 500)
    assert await kept(database) == {}
    assert tomorrow.date() not in await pieces(database)


async def test_a_day_that_nobody_made_is_kept_all_the_same(database, tend):
    """The process that sweeps was away: writes go on, and so do the days after."""
    (far,) = days(100)
    seq = await write(database, far)
    assert await kept(database) == {seq: "default"}
    await tend(far, 500)
    again = await write(database, far)
    after = await write(database, far + timedelta(days=1))
    assert await kept(database) == {
        seq: "default",
        again: "default",
        after: f"{far + timedelta(days=1):%Y%m%d}",
    }
    while await tend(far + timedelta(days=KEPT + 2), 1):
        pass
    assert await kept(database) == {}


async def test_what_waits_is_found_by_its_index_in_every_piece(database, tend):
    await tend(NOW, 500)
    async with database.reading() as connection, connection.transaction():
        for way in ("seqscan", "bitmapscan", "sort"):  # what is cheaper for a few rows
            await connection.execute(f"set local enable_{way} = off")
        plan = [row[0] for row in await connection.fetch(PLAN)]
    assert "Merge Append" in plan[1]
    assert not [line for line in plan if "->  Sort" in line or "Seq Scan" in line]
    assert sum("Index Scan" in line for line in plan) == len(await pieces(database)) + 1
