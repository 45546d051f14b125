"""Work that one process does at a time, whichever it is: who holds a lock in Postgres does it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import TypeAlias

import asyncpg
import structlog

log = structlog.get_logger()

LOOK_SECONDS = 1.0
CONNECT_SECONDS = 5.0
FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""TimeoutError is an OSError."""

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Held = Callable[[], Awaitable[None]]
"""Runs for as long as the lease is held; cancelled when it is lost."""


class Leases:
    """One session of its own holds every lease of this process; with it they end."""

    def __init__(self, dsn: str, works: Mapping[str, Held]) -> None:
        """`works` by the name of their lease, which is the same in every process."""
        self._dsn = dsn
        self._works = works
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until it is cancelled; takes over what another process lets go within a second."""
        while True:
            try:
                session = await asyncpg.connect(
                    self._dsn, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS
                )
            except FAILURES as error:
                log.warning("leases wait for the database", error=repr(error))
            else:
                try:
                    await self._keep(session)
                finally:
                    await self._let_go()
                    await _close(session)
            await asyncio.sleep(LOOK_SECONDS)

    async def _keep(self, session: Session) -> None:
        while not session.is_closed():
            try:
                for name, work in self._works.items():
                    await self._look_at(session, name, work)
            except FAILURES as error:
                log.warning("leases are lost", error=repr(error))
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_at(self, session: Session, name: str, work: Held) -> None:
        task = self._running.get(name)
        if task is None:
            if await session.fetchval("select pg_try_advisory_lock($1)", _lock(name)):
                self._running[name] = asyncio.create_task(_told(name, work))
            return
        if task.done():
            del self._running[name]
            await session.fetchval("select pg_advisory_unlock($1)", _lock(name))
        else:  # a session that is gone is noticed by asking
            await session.fetchval("select 1")

    async def _let_go(self) -> None:
        """Cancelled until it ends: `asyncio.wait_for` may swallow one (python/cpython#86296)."""
        pending = set(self._running.values())
        self._running.clear()
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=LOOK_SECONDS)


async def _told(name: str, work: Held) -> None:
    try:
        await work()
    except Exception:
        log.exception("work under a lease failed", lease=name)


async def _close(session: Session) -> None:
    try:
        await session.close(timeout=CONNECT_SECONDS)
    except FAILURES:
        session.terminate()


def _lock(name: str) -> int:
    """A Postgres advisory lock (bigint)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
