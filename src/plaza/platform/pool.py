"""Connections to Postgres, and the one place where trouble with them becomes Unavailable."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import asyncpg
import msgspec

from plaza.platform.problems import Unavailable
from plaza.platform.sql import Connection

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

STATEMENT_SECONDS = 5.0
ACQUIRE_SECONDS = 5.0
PAUSES = (0.01, 0.05, 0.2)
"""Seconds before another try; chance takes some off, so that two do not meet again."""

FAILURES = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's last words came between two statements
)
OUTAGES = (
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting, a statement over its time
    asyncpg.InsufficientResourcesError,  # disk full, no connection left
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a replica where the primary was
)


class Lost(Unavailable):
    """The connection broke: what was under way may have happened or not."""


def open_pool(dsn: str, *, size: int = 10, statement_seconds: float = STATEMENT_SECONDS) -> Pool:
    """A pool to enter with `async with`. It sends no reset query between two users.

    So no session state may be left on a connection: SET LOCAL and transaction-level locks only.
    """
    return asyncpg.create_pool(
        dsn,
        min_size=min(2, size),
        max_size=size,
        max_queries=1_000_000,
        max_cached_statement_lifetime=0,
        statement_cache_size=500,
        command_timeout=statement_seconds + 1,  # for a server that does not even say no
        init=_set_codecs,
        reset=_leave_as_it_is,
        server_settings={
            "application_name": "plaza",
            "statement_timeout": str(round(statement_seconds * 1000)),
            "idle_in_transaction_session_timeout": "10s",
            "jit": "off",  # it costs more than it gains on statements of a few rows
            "timezone": "UTC",
        },
    )


async def _set_codecs(session: Session) -> None:
    """Make jsonb what msgspec reads and writes; in binary a version byte stands in front."""
    await session.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda value: msgspec.json.decode(value[1:]),
    )


async def _leave_as_it_is(_: Session) -> None:
    pass


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds * random.uniform(0.5, 1))  # noqa: S311  # chance, no secret


@asynccontextmanager
async def connected(pool: Pool, name: str) -> AsyncIterator[Connection]:
    """A connection of the pool for something of that name, which errors then carry.

    Raises Unavailable where there is none or the server gave up on the work, which then never
    happened, and Lost where the connection broke.
    """
    connection = await _acquire(pool)
    try:
        yield connection
    except FAILURES as error:
        error.add_note(f"in {name}")
        if isinstance(error, asyncpg.PostgresError):
            error.detail = None  # it quotes the row, and what is in it may be secret
        if isinstance(error, asyncpg.InternalClientError):
            connection.terminate()
        if is_closed(connection):
            raise Lost from error
        if isinstance(error, OUTAGES):
            raise Unavailable from error
        raise
    finally:
        # What was committed stays so, whatever becomes of the connection; the pool drops it.
        with suppress(*FAILURES):
            await pool.release(connection)


async def _acquire(pool: Pool) -> Connection:
    for seconds in (*PAUSES, None):
        try:
            async with asyncio.timeout(ACQUIRE_SECONDS):
                return await pool.acquire()
        except FAILURES as error:
            if seconds is None or isinstance(error, TimeoutError):
                raise Unavailable from error
        await pause(seconds)
    raise AssertionError


def is_closed(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # it closed, so that the pool took it back already
        return True
