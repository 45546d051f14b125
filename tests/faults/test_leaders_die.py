"""Who relays and reacts, or the broker, is killed or frozen: nothing is lost or doubled."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from uuid import uuid4

import pytest

from plaza.platform import migrations
from plaza.platform.broker import Broker
from plaza.platform.database import Database
from plaza.platform.embedded.nats import Nats
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.leases import SILENCE_SECONDS
from plaza.platform.pool import open_pool
from plaza.platform.publishing import MARKER
from plaza.platform.stream import Stream
from tests.faults.carrier import SCHEMA, Said
from tests.platform.patience import until
from tests.servers import execute

pytestmark = pytest.mark.anyio

LONG = os.environ.get("FAULTS") == "long"
ROUNDS = 10 if LONG else 2
FROZEN_SECONDS = 20 if LONG else SILENCE_SECONDS + 2
AWAY_SECONDS = 60 if LONG else 2
SEED = int(os.environ.get("FAULTS_SEED", "1"))
KEYS = 5
HOLDER = """
select activity.application_name
  from platform.lease
  join pg_locks as held on held.locktype = 'advisory' and held.granted
       and (held.classid::bigint << 32 | held.objid::bigint) = lease.holder
  join pg_stat_activity as activity using (pid)
 where lease.name = 'platform.relay'
"""
EPOCH = "select epoch from platform.lease where name = 'platform.relay'"
HEARD = "select who, number from heard.event order by who, place"


class Carriers:
    """Two processes with the same work, each known to Postgres by its name, and their broker."""

    def __init__(self, postgres, nats):
        self._postgres, self.nats = postgres, nats
        self._processes = {}
        self._names = iter(range(1000))

    def start(self):
        name = f"carrier-{next(self._names)}"
        words = (f"{self._postgres}&application_name={name}", self.nats.url)
        command = [sys.executable, "-m", "tests.faults.carrier", *words]
        self._processes[name] = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def signal(self, name, number):
        self._processes[name].send_signal(number)

    def kill(self, name):
        self._processes[name].kill()
        self._processes.pop(name).wait(10)

    def end(self):
        for name in list(self._processes):
            self.kill(name)


@pytest.fixture(scope="module")
def servers_of_ours():
    """They keep what they say they kept."""
    folder = Path(tempfile.mkdtemp(prefix="plaza-fault-"))
    folder.chmod(0o711)
    with Postgres(folder / "postgres", folder) as postgres, Nats(folder / "nats", folder) as nats:
        migrations.up(postgres.dsn)
        asyncio.run(execute(postgres.dsn, SCHEMA))
        yield postgres.dsn, nats
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def carriers(servers_of_ours):
    carriers = Carriers(*servers_of_ours)
    carriers.start()
    carriers.start()
    yield carriers
    carriers.end()


@pytest.fixture
async def database(servers_of_ours):
    async with open_pool(servers_of_ours[0], size=4) as pool:
        yield Database(pool)


class People:
    """Each says his numbers in order, without waiting for anybody to hear."""

    def __init__(self, database):
        self._database = database
        self.said = dict.fromkeys((uuid4() for _ in range(KEYS)), 0)

    @asynccontextmanager
    async def talking(self):
        task = asyncio.create_task(self._talk())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _talk(self):
        while True:
            await asyncio.shield(self._say())
            await asyncio.sleep(0.005)

    async def _say(self):
        now = datetime.now(UTC)
        events = [
            Said(who=who, number=last + 1, occurred_at=now) for who, last in self.said.items()
        ]
        async with self._database.transaction("tests.say") as tx:
            tx.announce(*events)
        for event in events:
            self.said[event.who] = event.number


async def asked(database, sql, *values):
    async with database.reading() as connection:
        return await connection.fetchval(sql, *values)


async def leader_of(database):
    """Its name, once there is one; it holds all there is to hold."""

    async def there():
        return await asked(database, HOLDER) is not None

    await until(there, 30)
    return await asked(database, HOLDER)


async def replaced(database, epoch):
    async def is_so():
        return await asked(database, EPOCH) > epoch

    await until(is_so, 30)


async def freeze(carriers, database, name):
    epoch = await asked(database, EPOCH)
    carriers.signal(name, signal.SIGSTOP)
    try:
        await replaced(database, epoch)
        await asyncio.sleep(FROZEN_SECONDS - SILENCE_SECONDS)
    finally:
        carriers.signal(name, signal.SIGCONT)


async def kill(carriers, database, name):
    epoch = await asked(database, EPOCH)
    carriers.kill(name)
    carriers.start()
    await replaced(database, epoch)


async def lose_the_broker(carriers, *_):
    """Killed in the middle of whatever it did; people go on talking."""
    carriers.nats.kill()
    await asyncio.sleep(AWAY_SECONDS)
    carriers.nats.start()  # here, not in a thread: a server ends with the one that started it
    carriers.nats.wait_ready()


async def freeze_the_broker(carriers, *_):
    os.kill(carriers.nats.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(FROZEN_SECONDS)
    finally:
        os.kill(carriers.nats.pid, signal.SIGCONT)


HARMS = (freeze, kill, lose_the_broker, freeze_the_broker)


async def in_the_stream(nats):
    """How many events, without the leaders' markers."""
    async with Broker(nats.url) as broker:
        await broker.connected()
        stream = Stream()
        told = await stream.ask(broker, f"STREAM.INFO.{stream.name}", {"subjects_filter": ">"})
    return sum(n for subject, n in told.state.subjects.items() if subject != stream.subject(MARKER))


@pytest.mark.parametrize("harm", HARMS)
async def test_every_event_is_heard_once_and_in_order(carriers, database, servers_of_ours, harm):
    chance = random.Random(f"{SEED} {harm.__name__}")
    people = People(database)
    async with people.talking():
        for _ in range(ROUNDS):
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            await harm(carriers, database, await leader_of(database))
        await asyncio.sleep(chance.uniform(0.0, 0.5))

    async def all_heard():
        heard = "select count(*) from heard.event where who = any($1)"
        return await asked(database, heard, list(people.said)) == sum(people.said.values())

    await until(all_heard, 60)
    async with database.reading() as connection:
        heard = await connection.fetch(HEARD)
    by_who = {who: [each["number"] for each in told] for who, told in groupby(heard, by_name)}
    assert {who: by_who[who] for who in people.said} == {
        who: list(range(1, last + 1)) for who, last in people.said.items()
    }
    assert await in_the_stream(servers_of_ours[1]) == len(heard)


def by_name(row):
    return row["who"]
