"""What every process of Plaza begins with: a name in the logs, data that fits, ears for others."""

import os
import socket
from collections.abc import Sequence
from importlib.metadata import version

from plaza.app.services import Built
from plaza.platform import migrations
from plaza.platform.broker import Broker
from plaza.platform.caches.invalidation import Invalidation
from plaza.platform.database import Database
from plaza.platform.events import Event
from plaza.platform.logs import Process, start_logging
from plaza.platform.migrated import Migrated
from plaza.settings import Settings

VERSION = version("plaza")
RELEASE = VERSION.partition(".dev")[0]
"""What the contract says it is: its file does not change on the way to a release."""


def start_logs(settings: Settings) -> None:
    about = Process(
        service="plaza",
        environment=settings.environment,
        version=VERSION,
        instance_id=f"{socket.gethostname()}-{os.getpid()}",
    )
    start_logging(about, settings.log_level)


def migrated(database: Database) -> Migrated:
    """Whether the database has every migration that this code knows."""
    return Migrated(database, migrations.files()[-1])


def invalidation_of(database: Database, broker: Broker, built: Built) -> Invalidation:
    """What this process commits is known here at once, and what it outdates everywhere soon."""
    invalidation = Invalidation(broker, built.caches)

    def committed(events: Sequence[Event]) -> None:
        invalidation.tell(events)
        built.feed.lately.hear(events)

    database.outdating = committed
    return invalidation
