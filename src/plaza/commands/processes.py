"""The processes of `plaza serve`: the servers, the migrations, the web, the worker."""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from plaza.platform.embedded.borrowed import postgres_in
from plaza.platform.embedded.launch import Launch
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.nats import Nats
from plaza.platform.embedded.process import Process
from plaza.platform.embedded.valkey import Valkey
from plaza.settings import PREFIX, Settings

Environment = Callable[[], Mapping[str, str]]
"""What a child is told; asked when it is started, for by then the servers know their ports."""


class Servers:
    """Those that no setting replaces by an outside one; `port` is the one the web listens on."""

    def __init__(self, settings: Settings, data: Path, run: Path, port: int) -> None:
        self._port = port
        logs = data / "logs"
        self._postgres = None if settings.database_url else postgres_in(data, run)
        self._nats = (
            None if settings.nats_url else Nats(data / "nats", run, log=Log(logs / "nats.log"))
        )
        self._valkey = None if settings.redis_url else Valkey(run, log=Log(logs / "valkey.log"))

    def processes(self) -> list[Process]:
        chosen: tuple[Process | None, ...] = (self._postgres, self._nats, self._valkey)
        return [process for process in chosen if process]

    def environment(self) -> Mapping[str, str]:
        """Ours, and where all are by now."""
        places = {
            "PORT": str(self._port),
            "DATABASE_URL": self._postgres and self._postgres.dsn,
            "NATS_URL": self._nats and self._nats.url,
            "REDIS_URL": self._valkey and self._valkey.url,
        }
        return {**os.environ, **{PREFIX + name: place for name, place in places.items() if place}}


class Migrations(Process):
    """Runs once, before the web."""

    name = "plaza migrate up"
    ready_seconds = float("inf")

    def __init__(self, environment: Environment, log: Log) -> None:
        super().__init__(log)
        self._environment = environment

    def launch(self) -> Launch:
        return Launch(
            command=(sys.executable, "-m", "plaza.cli", "migrate", "up"),
            environment=self._environment(),
        )

    def is_ready(self) -> bool:
        return self.ended() == 0

    def has_failed(self) -> bool:
        return self.ended() not in {None, 0}

    def refusal(self) -> str:
        """It says itself what is wrong."""
        return self.last_words()


class Web(Process):
    """`app` names the factory of the application, `ready` the file it writes its pid to."""

    name = "web process"

    def __init__(
        self, listener: socket.socket, ready: Path, environment: Environment, app: str, drain: float
    ) -> None:
        super().__init__()
        self._listener = listener
        self._ready = ready
        self._environment = environment
        self._app = app
        self.stop_seconds = drain + 5

    def launch(self) -> Launch:
        descriptor = self._listener.fileno()
        words = ("--socket", str(descriptor), "--ready", self._ready, "--app", self._app)
        return Launch(
            command=(sys.executable, "-m", "plaza.web", *words),
            environment=self._environment(),
            inherited=(descriptor,),
        )

    def is_ready(self) -> bool:
        return _has_written(self._ready, self.pid)


class Worker(Process):
    """Has `drain` seconds for what is in hand at the end; `ready` as for a web process."""

    name = "worker"

    def __init__(self, ready: Path, environment: Environment, drain: float) -> None:
        super().__init__()
        self._ready = ready
        self._environment = environment
        self.stop_seconds = drain + 5

    def launch(self) -> Launch:
        return Launch(
            command=(sys.executable, "-m", "plaza.worker", "--ready", self._ready),
            environment=self._environment(),
        )

    def is_ready(self) -> bool:
        return _has_written(self._ready, self.pid)


def _has_written(ready: Path, pid: int) -> bool:
    return ready.exists() and ready.read_text() == str(pid)
