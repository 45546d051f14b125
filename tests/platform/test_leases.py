"""Who beats, leads; who is silent is replaced, and refused when it wakes."""

import asyncio
import time

import asyncpg
import pytest

from plaza.platform import leases
from plaza.platform.fencing import Fenced
from plaza.platform.leases import LeaseLost, Leases, Tenure, queries

pytestmark = pytest.mark.anyio

WHILE = 20
WORK = "tests.work"


async def until(promise):
    async with asyncio.timeout(WHILE):
        while not promise():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


class Process:
    """One of several with the same work."""

    def __init__(self, dsn, held):
        self.held, self.tenure = held, Tenure()
        self._leases = Leases(dsn, {WORK: self._work}, self.tenure)

    async def __aenter__(self):
        self._task = asyncio.create_task(self._leases.run())
        return self

    async def __aexit__(self, *_):
        await self.end()

    async def end(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self):
        self.held.append(self)
        try:
            await asyncio.Event().wait()
        finally:
            self.held.remove(self)


@pytest.fixture
def held():
    return []


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(leases, "SILENCE_SECONDS", 1.0)


async def taken_over(session, name):
    """By a process that was never heard of before; what `platform.lease` then says of it."""
    tenure = Tenure()
    ask, holder = queries(session), tenure.begin()
    await session.execute("select pg_advisory_lock($1)", holder)
    await ask.hold(holder, 60.0)
    await session.execute("update platform.holder set until = '-infinity' where id <> $1", holder)
    await ask.replace(holder)
    (taken,) = await ask.take(holder, [name])
    return tenure, taken


async def test_a_lease_is_held_by_one_and_passes_on_when_its_holder_ends(dsn, held):
    async with Process(dsn, held), Process(dsn, held):
        await until(lambda: held)
        (first,) = held
        before = first.tenure.epoch(WORK)
        await first.end()
        await until(lambda: held and held != [first])
        assert len(held) == 1
        assert held[0].tenure.epoch(WORK) > before


async def test_a_holder_whose_session_is_gone_is_replaced_before_its_silence(
    dsn, held, monkeypatch
):
    monkeypatch.setattr(leases, "SILENCE_SECONDS", 3600.0)
    async with Process(dsn, held), Process(dsn, held):
        await until(lambda: held)
        (first,) = held
        session = await asyncpg.connect(dsn)
        await session.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
            " and (classid::bigint << 32 | objid::bigint) = $1",
            first.tenure.holder,
        )
        await until(lambda: held and held != [first])
        await session.close()


async def test_who_was_replaced_stops_and_is_not_vouched_for(dsn, database, held):
    async with Process(dsn, held) as ada:
        await until(lambda: held)
        old = Tenure()
        old.holder = ada.tenure.holder
        session = await asyncpg.connect(dsn)
        _, taken = await taken_over(session, WORK)
        assert taken.name == WORK
        await until(lambda: not held)
        fenced = Fenced(database, old.vouch)
        with pytest.raises(LeaseLost):
            async with fenced.transaction("tests.late") as tx:
                await tx.connection.execute("create table late (a int)")
        async with fenced.reading() as connection:
            assert await connection.fetchval("select to_regclass('late')") is None
        await session.close()


async def test_nobody_is_replaced_while_it_commits(dsn, database):
    """The last look at the lease and the commit are one: who takes over sees what was done."""
    session, other = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    await queries(session).offer([WORK])
    tenure, _ = await taken_over(session, WORK)
    async with Fenced(database, tenure.vouch).transaction("tests.commit") as tx:
        await tenure.vouch(tx.connection)
        await other.execute("update platform.holder set until = '-infinity'")
        await queries(other).replace(1)
        assert await other.fetchval("select count(*) from platform.holder") == 1
    await queries(other).replace(1)
    assert await other.fetchval("select count(*) from platform.holder") == 0
    with pytest.raises(LeaseLost):
        async with database.transaction("tests.after") as tx:
            await tenure.vouch(tx.connection)
    await session.close()
    await other.close()


def test_without_a_beat_nobody_is_sure():
    tenure = Tenure()
    tenure.begin()
    tenure.took(leases.Taken(WORK, 7))
    tenure.beaten(time.monotonic())
    assert tenure.epoch(WORK) == 7
    tenure.beaten(time.monotonic() - 2)
    with pytest.raises(LeaseLost):
        tenure.epoch(WORK)


async def test_work_that_fails_is_begun_again_under_a_higher_epoch(dsn):
    epochs, tenure = [], Tenure()

    async def fail():
        epochs.append(tenure.epoch(WORK))
        raise RuntimeError("not now")

    holding = asyncio.create_task(Leases(dsn, {WORK: fail}, tenure).run())
    await until(lambda: len(epochs) > 2)
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    assert epochs == sorted(set(epochs))


async def test_work_that_swallows_a_cancel_is_cancelled_again(dsn):
    begun, cancels = asyncio.Event(), 0

    async def deaf():
        nonlocal cancels
        begun.set()
        while cancels < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancels += 1

    holding = asyncio.create_task(Leases(dsn, {"tests.deaf": deaf}).run())
    await asyncio.wait_for(begun.wait(), WHILE)
    holding.cancel()
    async with asyncio.timeout(WHILE):
        await asyncio.gather(holding, return_exceptions=True)
    assert cancels == 2
