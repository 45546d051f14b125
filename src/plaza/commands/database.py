"""The database that a command works on."""

from collections.abc import Iterator
from contextlib import contextmanager

from plaza.platform.embedded.borrowed import borrowed_postgres
from plaza.settings import Settings


@contextmanager
def the_database(settings: Settings) -> Iterator[str]:
    """The one of the settings, else Plaza's own, started for the moment if it does not run."""
    if settings.database_url:
        yield settings.database_url
        return
    with borrowed_postgres(settings.data) as dsn:
        yield dsn
