"""Which PostgreSQL is new enough."""

from asyncpg.types import ServerVersion

from plaza.platform.starting import CannotStart

OLDEST = 16


def refuse_old(version: ServerVersion) -> None:
    """Raises CannotStart."""
    if version.major < OLDEST:
        raise CannotStart(f"PostgreSQL {version.major} is too old: {OLDEST} or newer.")
