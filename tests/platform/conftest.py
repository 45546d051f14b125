"""The tables of the test context in this module's database, and ways to reach it."""

import pytest

from plaza.platform.database import Database
from plaza.platform.ids import UserId, uuid7
from plaza.platform.pool import open_pool
from tests.platform.lines import SCHEMA
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
