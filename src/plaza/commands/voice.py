"""What the supervisor says: lines for a person, or for whoever collects logs."""

import os
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

from plaza.settings import Settings

Say = Callable[[str], None]


def voice(settings: Settings) -> Say:
    """Plain lines in development, else the members every line of Plaza's log has."""
    if settings.environment == "development":
        return _print
    about = {
        "level": "info",
        "service": "plaza",
        "environment": settings.environment,
        "version": version("plaza"),
        "instance_id": f"{socket.gethostname()}-{os.getpid()}",
    }

    def log(line: str) -> None:
        now = {"event": line, "timestamp": datetime.now(UTC).isoformat()}
        _print(msgspec.json.encode(now | about).decode())

    return log


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
