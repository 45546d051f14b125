"""PostgreSQL is killed while people write: what was answered is there when it is back."""

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path

import asyncpg
import pytest

from plaza.platform import migrations
from plaza.platform.caller import Claim
from plaza.platform.database import Database
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.ids import UserId, uuid7
from plaza.platform.pool import open_pool
from plaza.platform.problems import Unavailable
from plaza.platform.writer import Decision, Writer
from tests.platform.lines import SCHEMA, Answer, LineRow, insert_many
from tests.platform.patience import until
from tests.servers import execute

pytestmark = pytest.mark.anyio
TRUTH = "select id from lines.line where author_id = $1"
KEPT = "select decision_id from platform.idempotency where scope = $1"


@pytest.fixture(scope="module")
def postgres():
    """A server of one's own that keeps what it says it kept."""
    folder = Path(tempfile.mkdtemp(prefix="plaza-fault-"))
    folder.chmod(0o711)
    with Postgres(folder / "postgres", folder) as server:
        migrations.up(server.dsn)
        asyncio.run(execute(server.dsn, SCHEMA))
        yield server
    shutil.rmtree(folder, ignore_errors=True)


def kill_a_backend(_, backend):
    """The server ends all others, recovers and goes on by itself."""
    os.kill(backend, signal.SIGKILL)


def kill_the_server(server, _):
    server.kill()
    server.start()


class Crowd:
    """People who write until they are told to stop, half of them with keys."""

    def __init__(self, database):
        self.author = UserId(uuid7())
        self.answered, self.refused = [], []
        self._writer = Writer(database, insert_many)
        self._stop = asyncio.Event()

    async def write(self, keyed):
        while not self._stop.is_set():
            line = uuid7()
            claim = Claim(self.author.bytes, "w", f"{line}", b"") if keyed else None
            row = LineRow(line, self.author, "hi")
            try:
                await self._writer.write(Decision(answer=Answer(line, "hi"), row=row, claim=claim))
                self.answered.append(line)
            except Unavailable:
                self.refused.append(line)
                await asyncio.sleep(0.01)

    def stop(self):
        self._stop.set()

    async def wrote(self, more):
        enough = len(self.answered) + more

        async def there():
            return len(self.answered) >= enough

        await until(there, 30)


async def backend_of(pool):
    async with pool.acquire() as connection:
        return connection.get_server_pid()


@pytest.mark.parametrize("kill", [kill_a_backend, kill_the_server])
async def test_nothing_that_was_answered_is_lost(postgres, kill):
    async with open_pool(postgres.dsn, size=4) as pool:
        crowd = Crowd(Database(pool))
        people = [asyncio.create_task(crowd.write(keyed)) for keyed in [True, False] * 16]
        for _ in range(3):
            await crowd.wrote(300)
            kill(postgres, await backend_of(pool))
        await crowd.wrote(300)
        crowd.stop()
        await asyncio.gather(*people)
    session = await asyncpg.connect(postgres.dsn)
    there = {row["id"] for row in await session.fetch(TRUTH, crowd.author)}
    kept = {row["decision_id"] for row in await session.fetch(KEPT, crowd.author.bytes)}
    await session.close()
    assert set(crowd.answered) <= there <= {*crowd.answered, *crowd.refused}
    assert kept <= there
