"""What every process of Plaza begins with: its name in the logs, and whether it fits the data."""

import os
import socket
from importlib.metadata import version

from plaza.platform import migrations
from plaza.platform.database import Database
from plaza.platform.logs import Process, start_logging
from plaza.platform.migrated import Migrated
from plaza.settings import Settings

RELEASE = version("plaza").partition(".dev")[0]


def start_logs(settings: Settings) -> None:
    about = Process(
        service="plaza",
        environment=settings.environment,
        version=version("plaza"),
        instance_id=f"{socket.gethostname()}-{os.getpid()}",
    )
    start_logging(about, settings.log_level)


def migrated(database: Database) -> Migrated:
    """Whether the database has every migration that this code knows."""
    return Migrated(database, migrations.files()[-1])
