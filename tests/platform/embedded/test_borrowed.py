"""A command uses the database whether Plaza runs or not."""

import asyncio

import asyncpg
import pytest

from plaza.platform.embedded.borrowed import borrowed_postgres, postgres_in
from plaza.platform.embedded.datafolder import InUse, data_folder
from plaza.platform.embedded.runfolder import run_folder


@pytest.fixture(scope="module")
def data(open_folder):
    return open_folder / ".plaza"


def server_process(dsn):
    async def once():
        session = await asyncpg.connect(dsn)
        try:
            return await session.fetchval("select pg_postmaster_start_time()")
        finally:
            await session.close()

    return asyncio.run(once())


def test_it_is_started_for_the_moment_and_then_gone(data):
    with borrowed_postgres(data) as dsn:
        first = server_process(dsn)
        with pytest.raises(InUse), data_folder(data):
            raise AssertionError("somebody else has it")
    with pytest.raises(OSError, match="No such file"):
        server_process(dsn)
    with borrowed_postgres(data) as dsn:
        assert server_process(dsn) > first


def test_a_running_one_is_used_as_it_is(data):
    with data_folder(data), postgres_in(data, run_folder(data)) as running:
        began = server_process(running.dsn)
        with borrowed_postgres(data) as dsn:
            assert server_process(dsn) == began
        assert server_process(running.dsn) == began
