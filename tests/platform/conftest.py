"""The tables of the test context in this module's database, and ways to reach it."""

import asyncio
import secrets

import pytest

from plaza.platform.broker import Broker
from plaza.platform.caches.herald import Herald
from plaza.platform.database import Database
from plaza.platform.ids import UserId, uuid7
from plaza.platform.pool import open_pool
from plaza.platform.reactions import Reaction, Reactions
from plaza.platform.relay import LEASE, Relay
from plaza.platform.stream import Stream
from tests.platform.lines import SCHEMA
from tests.platform.said import Ear, Said, holding
from tests.platform.wire import Wire


@pytest.fixture(scope="module")
async def lines(database):
    async with database.reading() as connection:
        await connection.execute(SCHEMA)
    return database


@pytest.fixture
async def elsewhere(dsn):
    """Another process with the same database, and little patience."""
    async with open_pool(dsn, size=4) as pool:
        yield Database(pool, patience=0.2)


@pytest.fixture
async def wire(dsn):
    async with Wire(dsn) as wire:
        yield wire


@pytest.fixture
async def far(wire):
    """A process whose wire to the database can be cut."""
    async with open_pool(wire.dsn, size=2) as pool:
        yield Database(pool)


@pytest.fixture
def ada():
    return UserId(uuid7())


@pytest.fixture
def bob():
    return UserId(uuid7())


@pytest.fixture
async def broker(nats_url):
    async with Broker(nats_url) as broker:
        await broker.connected()
        yield broker


@pytest.fixture
async def stream(broker):
    """One of this test's own."""
    stream = Stream(name=f"t{secrets.token_hex(4)}")
    await stream.ensure(broker)
    return stream


@pytest.fixture
async def relay(database, broker, stream):
    async with database.reading() as connection:
        await connection.execute("delete from platform.outbox")
    return Relay(database, broker, stream, holding(LEASE), Herald(broker, [Said]))


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
async def listening(database, broker, stream, ear):
    """The name of the reaction at the end of the stream."""
    reaction = Reaction(name=f"tests.{secrets.token_hex(4)}", events=(Said,), react=ear.react)
    reactions = Reactions(reaction, database, broker, stream, holding(reaction.name))
    task = asyncio.create_task(reactions.run())
    yield reaction.name
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
