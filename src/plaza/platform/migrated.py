"""Whether the database has the shape this code was written for."""

import asyncpg

from plaza.platform.database import Database
from plaza.platform.migrations import Migration
from plaza.platform.server_version import refuse_old
from plaza.platform.starting import CannotStart

NEWEST = "select max(number) from platform.migration"


class Migrated:
    def __init__(self, database: Database, newest: Migration) -> None:
        """`newest` is the last migration this code knows; a later one does not disturb it."""
        self._database = database
        self._newest = newest

    async def check(self) -> None:
        """Raises where the database is older than the code, or not there, or its server too old."""
        try:
            async with self._database.reading("platform.migrated") as connection:
                refuse_old(connection.get_server_version())
                number = await connection.fetchval(NEWEST)
        except asyncpg.UndefinedTableError:
            number = None
        if (number or 0) < self._newest.number:
            raise CannotStart(f"the database waits for {self._newest.label}: plaza migrate up")
