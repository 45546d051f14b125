"""The data folder's own PostgreSQL, for a command that needs it for a moment."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from plaza.platform.embedded.datafolder import InUse, data_folder
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.embedded.runfolder import run_folder


def postgres_in(data: Path, run: Path) -> Postgres:
    return Postgres(data / "postgres", run, log=Log(data / "logs" / "postgres.log"))


@contextmanager
def borrowed_postgres(data: Path) -> Iterator[str]:
    """The DSN of the server that a running Plaza has, or of one started for this block.

    Raises CannotStart.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(data_folder(data))
        except InUse:
            yield postgres_in(data, (data / "run").resolve()).dsn
            return
        run = run_folder(data)
        stack.callback(shutil.rmtree, run, ignore_errors=True)
        yield stack.enter_context(postgres_in(data, run)).dsn
