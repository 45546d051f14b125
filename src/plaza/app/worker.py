"""A process that nobody asks: relay, reactions, jobs and sweeps, so that no request waits for them.

Any number may run; what only one may do at a time, a lease or a row's lock gives to one.
"""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from plaza.app.meters import of_data, of_process
from plaza.app.process import VERSION, invalidation_of, migrated, start_logs
from plaza.app.services import build_contexts
from plaza.app.work import works
from plaza.platform.broker import Broker
from plaza.platform.database import Database
from plaza.platform.gathering import Gathering
from plaza.platform.meters import Meters
from plaza.platform.pool import open_pool
from plaza.platform.valkey import ValkeyClient
from plaza.platform.vitals import Monitor
from plaza.settings import Settings


class Worker:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def run(self, ready: Callable[[], None], place: Path | None = None) -> None:
        """Until it is cancelled; a work that ends by an error ends them all.

        `ready` is called when all have begun; `place` is where the processes of one Plaza find
        each other (gathering.py). Raises CannotStart for a database that is older
        than the code, and for keys that are none.
        """
        settings = self._settings
        start_logs(settings)
        async with (
            open_pool(settings.database_url) as pool,
            Broker(settings.nats_url) as broker,
            ValkeyClient(settings.redis_url) as valkey,
        ):
            database = Database(pool)
            await migrated(database).check()
            built = build_contexts(database, valkey, settings)
            invalidation = invalidation_of(database, broker, built)
            monitor = Monitor(pool, invalidation.look, VERSION)
            meters = Meters(lambda: of_data(database, built), lambda: of_process(monitor.look()))
            with closing(built.accounts.passwords):
                async with Gathering(meters, place), asyncio.TaskGroup() as group:
                    group.create_task(invalidation.run())
                    for work in works(built, settings, database, broker, meters):
                        group.create_task(work)
                    group.create_task(monitor.run())
                    ready()


def build(settings: Settings) -> Worker:
    return Worker(settings)
