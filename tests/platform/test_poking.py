"""Who has work for another process says so, without waiting; who misses it looks anyway."""

import asyncio
import secrets

import pytest

from plaza.platform.broker import Broker
from plaza.platform.database import Database
from plaza.platform.jobs import POKE, Jobs, NewJob, Work, enqueue
from plaza.platform.poking import Poke, Pokes, heed
from plaza.platform.pool import open_pool
from tests.platform.patience import until

pytestmark = pytest.mark.anyio
NOWHERE = "nats://127.0.0.1:1"


@pytest.fixture
def subject():
    return f"tests.{secrets.token_hex(4)}."


@pytest.fixture
async def brokers(nats_url):
    async with Broker(nats_url) as here, Broker(nats_url) as there:
        yield here, there


@pytest.fixture
def heard():
    return []


@pytest.fixture
async def listening(brokers, subject, heard):
    """Whoever listens over there hears a first word before the test begins."""
    here, there = brokers
    task = asyncio.create_task(heed(there, f"{subject}one", lambda: heard.append(1)))

    async def hears():
        here.whisper(f"{subject}one")
        return heard

    await until(hears)
    count = 0

    async def quiet():
        nonlocal count
        before, count = count, len(heard)
        await asyncio.sleep(0.05)
        return before == count == len(heard)

    await until(quiet)
    heard.clear()
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("listening")
async def test_many_words_at_once_are_one(brokers, subject, heard):
    poke = Poke(brokers[0], f"{subject}one")
    for _ in range(100):
        poke()

    async def told():
        return heard

    await until(told)
    assert len(heard) == 1


@pytest.mark.usefixtures("listening")
async def test_each_name_is_heard_by_those_who_listen_to_it(brokers, subject, heard):
    pokes = Pokes(brokers[0], subject)
    pokes("other")
    pokes("one")

    async def told():
        return heard

    await until(told)
    assert len(heard) == 1


async def test_without_a_broker_nobody_waits_and_nothing_fails(subject, heard):
    async with Broker(NOWHERE) as nowhere:
        Poke(nowhere, subject)()
        listening = asyncio.create_task(heed(nowhere, subject, lambda: heard.append(1)))
        await asyncio.sleep(0.05)
        assert not listening.done()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    assert heard == []


async def test_a_job_is_begun_as_soon_as_it_is_written(brokers, dsn, database, monkeypatch):
    """By a process that would look again only in an hour."""
    monkeypatch.setattr("plaza.platform.jobs.LOOK_SECONDS", 3600)
    here, there = brokers
    lane, done = secrets.token_hex(4), asyncio.Event()

    async def run(_job):
        done.set()

    worker = Jobs(database, lane, {"tests.work": Work(run=run)})
    tasks = [
        asyncio.create_task(each) for each in (worker.run(), heed(there, POKE + lane, worker.poke))
    ]
    async with open_pool(dsn, size=1) as pool:
        elsewhere = Database(pool)
        elsewhere.enqueued = Pokes(here, POKE)

        async def begun():
            """Again where the word came before anybody listened."""
            async with elsewhere.transaction("tests.put") as tx:
                await enqueue(tx, NewJob(kind="tests.work", lane=lane, payload={}))
            await asyncio.sleep(0.1)
            return done.is_set()

        await until(begun)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
