"""PostgreSQL on a private socket."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from plaza.platform.embedded import binaries
from plaza.platform.embedded.launch import Launch
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.process import GLANCE, Process
from plaza.platform.embedded.unprivileged import Unprivileged, unprivileged
from plaza.platform.starting import CannotStart

DATABASE = "plaza"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",  # our statements are short: compiling them costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # the details of a refusal quote the row
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PATIENCE = 5.0
"""Seconds that what is left of a killed server may take to end by itself."""


class Postgres(Process):
    """`data` is made at the first start. Without `fsync` a power cut loses it: for tests only."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast: ends sessions, writes a checkpoint
    ready_seconds = 600.0  # after a crash it replays what was written since the last checkpoint
    stop_seconds = 60.0

    def __init__(
        self,
        data: Path,
        run: Path,
        *,
        log: Log | None = None,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(log or Log(data.with_name(f"{data.name}.log")))
        self._data = data.resolve()
        self._sockets = run / "postgres"
        self._settings = {
            **SETTINGS,
            **({} if fsync else CARELESS),
            "unix_socket_directories": str(self._sockets),
            **(settings or {}),
        }
        self._fsync = fsync
        self._had_data = False
        self._pid_file = self._data / "postmaster.pid"

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self._sockets), safe='')}"

    def launch(self) -> Launch:
        identity = unprivileged()
        identity.require_way_to(self._data, "set PLAZA_DATA_DIR to another folder")
        identity.require_way_to(binaries.postgres(), "install Plaza somewhere else")
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        identity.hand_over(self._sockets)
        if identity.user is not None:
            self._sockets.parent.chmod(0o711)
        if not (self._data / "PG_VERSION").exists():
            if self._had_data:
                raise CannotStart(f"{self._data} has gone while it was in use")
            self._make(identity)
        self._had_data = True
        identity.require_ownership(self._data)
        self._clear_remains()
        options = tuple(f"--{name}={value}" for name, value in self._settings.items())
        return Launch(
            command=(*identity.prefix, binaries.postgres(), "-D", self._data, *options),
            user=identity.user,
            death_signal=signal.SIGQUIT,  # at once: the next start recovers
        )

    def is_ready(self) -> bool:
        """As pg_ctl looks: the eighth line of postmaster.pid is the state."""
        state = "".join(self._pid_lines()[7:8]).strip()
        return state == "ready" and self._written_pid() == self.pid

    def _make(self, identity: Unprivileged) -> None:
        """Beside its place first, so that a crash half-way leaves nothing that looks whole."""
        partial = self._data.with_name(f"{self._data.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        identity.hand_over(partial)
        options = ("--username=postgres", "--auth-local=trust", "--auth-host=reject")
        locale = (
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C",
            "--builtin-locale=C.UTF-8",
        )
        sync = () if self._fsync else ("--no-sync",)
        self._run(identity, "initdb", "-D", partial, *options, *locale, *sync, "--no-instructions")
        self._run(
            identity,
            "postgres",
            *("--single", "-D", partial, "-c", f"fsync={self._fsync}", "postgres"),
            said=f"create database {DATABASE};\n",
        )
        partial.rename(self._data)

    def _run(
        self, identity: Unprivileged, program: str, *arguments: str | Path, said: str = ""
    ) -> None:
        child = Launch(
            command=(*identity.prefix, binaries.postgres(program), *arguments), user=identity.user
        ).start(reads=subprocess.PIPE, writes=subprocess.PIPE)
        output, _ = child.communicate(said.encode())
        if child.returncode:
            told = output.decode(errors="replace")[-2000:].strip()
            raise CannotStart(f"{program} could not make {self._data}: {told}")

    def _clear_remains(self) -> None:
        """End what a killed server left behind, and forget its pid files.

        Whoever holds the data folder's lock knows that no living server uses it. One that is just
        ending gets PATIENCE; sessions without their server are of no use. The pid in them may
        by now be another program's, which the new server would take for its rival.
        """
        until = time.monotonic() + PATIENCE
        while remains := _processes_in(self._data):
            if self._written_pid() not in remains or time.monotonic() > until:
                for pid in remains:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            time.sleep(GLANCE)
        self._pid_file.unlink(missing_ok=True)
        (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _written_pid(self) -> int | None:
        lines = self._pid_lines()
        return int(lines[0]) if lines and lines[0].isdecimal() else None

    def _pid_lines(self) -> list[str]:
        try:
            return self._pid_file.read_text().splitlines()
        except FileNotFoundError:
            return []


def _processes_in(data: Path) -> list[int]:
    """Servers whose working folder this is, as that of every PostgreSQL process is (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name == "postgres":
                found.append(int(entry.name))
        except OSError:  # it ended, or is not ours
            continue
    return found
