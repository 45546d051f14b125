"""Connections are shared, carry no state from one user to the next, and say when they are gone."""

import time
import traceback
from datetime import UTC, datetime

import asyncpg
import pytest

from plaza.platform import pool as pools
from plaza.platform.database import Database
from plaza.platform.ids import uuid7
from plaza.platform.pool import Lost, open_pool
from plaza.platform.problems import Problem, Unavailable
from plaza.platform.writer import Decision, Writer
from tests.platform.lines import (
    Answer,
    LineRow,
    LineWritten,
    Mood,
    claim_of,
    insert_many,
    queries,
)

pytestmark = pytest.mark.anyio


async def test_a_database_that_is_gone_is_unavailable_and_comes_back(wire, far):
    await far.check()
    await wire.down()
    for _ in range(3):
        with pytest.raises(Unavailable):
            await far.check()
    await wire.up()
    await far.check()


async def test_no_free_connection_is_unavailable(dsn, monkeypatch):
    monkeypatch.setattr(pools, "ACQUIRE_SECONDS", 0.05)
    async with open_pool(dsn, size=1) as pool:
        database = Database(pool)
        async with database.reading():
            with pytest.raises(Unavailable):
                await database.check()
        await database.check()


async def test_a_statement_over_its_time_is_unavailable_and_the_connection_lives(dsn):
    async with open_pool(dsn, size=1, statement_seconds=0.05) as pool:
        database = Database(pool)
        begun = time.monotonic()
        pid = await _pid(database)
        with pytest.raises(Unavailable) as refused:
            async with database.reading("lines.doze") as connection:
                await connection.execute("select pg_sleep(30)")
        assert time.monotonic() - begun < 5
        assert refused.value.__cause__.__notes__ == ["in lines.doze"]
        assert await _pid(database) == pid


async def test_what_a_dying_server_says_between_two_statements_is_an_outage_and_no_bug(dsn):
    """The server's farewell is read before the end of the line: asyncpg is out of step."""
    async with open_pool(dsn, size=1) as pool:
        database = Database(pool)
        pid = await _pid(database)
        with pytest.raises(Lost) as lost:
            async with database.reading("lines.farewell"):
                raise asyncpg.InternalClientError("cannot switch to state 12")
        assert lost.value.__cause__.__notes__ == ["in lines.farewell"]
        assert await _pid(database) != pid


async def _pid(database):
    async with database.reading() as connection:
        return connection.get_server_pid()


async def test_an_error_that_is_a_bug_stays_what_it_is(lines):
    with pytest.raises(asyncpg.UndefinedTableError) as raised:
        async with lines.transaction("lines.mistaken") as tx:
            await tx.connection.execute("select * from lines.nothing")
    assert raised.value.__notes__ == ["in lines.mistaken"]
    assert not isinstance(raised.value, Problem)


async def test_an_error_does_not_quote_the_row(lines, ada):
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        async with lines.transaction("lines.secret") as tx:
            await tx.connection.execute(
                "insert into lines.line (id, author_id, words, mood)"
                " values (gen_random_uuid(), $1, repeat('hidden', 9), 'glad')",
                ada,
            )
    assert "hiddenhidden" not in "".join(traceback.format_exception(raised.value))


STATE = """
select array(select name from pg_settings where source = 'session' and setting <> reset_val)
    || array(select 'lock' from pg_locks where pid = pg_backend_pid() and locktype = 'advisory')
    || array(select name from pg_cursors where name <> '')
    || array(select pg_listening_channels())
    || array(select relname::text from pg_class where relpersistence = 't')
"""


@pytest.mark.usefixtures("lines")
async def test_no_session_state_is_left_on_a_connection(dsn, ada):
    async def write(tx):
        line = uuid7()
        await queries(tx.connection).insert(line, ada, "hi", Mood.GLAD)
        tx.announce(LineWritten(line_id=line, occurred_at=datetime.now(UTC)))
        return Answer(line, "hi")

    async with open_pool(dsn, size=1) as pool:
        database = Database(pool)
        await database.decide("lines.write", write)
        await database.decide("lines.write", write, claim=claim_of(ada), answer=Answer)
        await Writer(database, insert_many).write(
            Decision(answer=None, row=LineRow(uuid7(), ada, "hi"), claim=claim_of(ada, "other"))
        )
        async with database.transaction("lines.lock") as tx:
            await tx.connection.execute("set local statement_timeout = '1s'")
            await tx.connection.execute("select pg_advisory_xact_lock(1)")
        with pytest.raises(Unavailable):
            async with database.transaction("lines.slow") as tx:
                await tx.connection.execute("set local statement_timeout = 1; select pg_sleep(9)")
        async with database.reading() as connection:
            assert await connection.fetchval(STATE) == []
            assert not connection.is_in_transaction()


async def test_nothing_is_sent_between_two_users_of_a_connection(wire):
    async with open_pool(wire.dsn, size=1) as pool:
        database = Database(pool)
        await database.check()
        await database.check()
        before = wire.passed
        await database.check()
        assert wire.passed == before + 1
