"""Decisions of a process that may have been replaced while it was frozen, and does not know."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from plaza.platform.database import Database, Transaction
from plaza.platform.sql import Connection

Vouch = Callable[[Connection], Awaitable[None]]
"""Raises where another process may be in our place before the transaction ends."""


class Fenced(Database):
    """The same database; a transaction commits only if `vouch` holds until it has."""

    def __init__(self, database: Database, vouch: Vouch) -> None:
        self._database = database
        self._vouch = vouch
        self.keys = database.keys

    def reading(self, name: str = "a read") -> AbstractAsyncContextManager[Connection]:
        return self._database.reading(name)

    @asynccontextmanager
    async def transaction(self, name: str) -> AsyncIterator[Transaction]:
        """As Database.transaction. Raises what `vouch` raises, and nothing is committed."""
        async with self._database.transaction(name) as tx:
            yield tx
            await self._vouch(tx.connection)
