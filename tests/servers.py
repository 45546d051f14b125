"""Real servers for tests, each started when first asked for and gone with the run."""

import asyncio
import shutil
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from plaza.platform import migrations
from plaza.platform.embedded.nats import Nats
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.embedded.valkey import Valkey

TEMPLATE = "migrated"


class Servers:
    """They keep nothing: what is lost in a crash here is lost with the run anyway."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    @cached_property
    def postgres(self) -> str:
        """The DSN of a server with a migrated, empty database TEMPLATE."""
        folder = self._folder
        # Database copies are made in rows: files would each ask for a checkpoint.
        server = Postgres(
            folder / "postgres", folder, fsync=False, settings={"max_connections": "200"}
        )
        dsn = self._stack.enter_context(server).dsn
        asyncio.run(execute(dsn, f"create database {TEMPLATE}"))
        migrations.up(named(dsn, TEMPLATE))
        return dsn

    @cached_property
    def nats(self) -> str:
        folder = self._folder
        return self._stack.enter_context(Nats(folder / "nats", folder, fsync=False)).url

    @cached_property
    def valkey(self) -> str:
        return self._stack.enter_context(Valkey(self._folder)).url

    def stop(self) -> None:
        self._stack.close()

    @cached_property
    def _folder(self) -> Path:
        """Short, for the sockets in it; entered by the servers' own user when we are root."""
        folder = Path(tempfile.mkdtemp(prefix="plaza-test-"))
        folder.chmod(0o711)
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder


def named(dsn: str, database: str) -> str:
    """The same server, another database."""
    return urlsplit(dsn)._replace(path=f"/{database}").geturl()


async def execute(dsn: str, sql: str) -> None:
    session = await asyncpg.connect(dsn)
    try:
        await session.execute(sql)
    finally:
        await session.close()
