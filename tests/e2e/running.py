"""`plaza serve` as people start it, in a folder of its own."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.leash import leashed

ROOT = Path(__file__).parents[2]
OURS = re.compile(
    r"^PLAZA_|^(DATABASE|REDIS|NATS)_URL$|^(GRPC_)?PORT$|^WORKERS$|^ENVIRONMENT$"
    r"|^(MAKE|MFLAGS)|^PYTHON$"  # `make test PYTHON=...` is not for the make that is tested
)
DEADLINE = 30.0
GLANCE = 0.02


class Running:
    """Started at once; `output` is all it has said."""

    def __init__(self, folder, *words, command=None, user=(), **settings):
        self.folder = Path(folder)
        self._said = self.folder.parent / f"{self.folder.name}.{time.monotonic_ns()}.said"
        kept = {name: value for name, value in os.environ.items() if not OURS.search(name)}
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [*user, *leashed(*(command or plaza(*words)))],
                cwd=self.folder,
                env=kept
                | {"PYTHONPATH": str(ROOT), "PORT": "0", "GRPC_PORT": "0", "RATE_LIMITS": "off"}
                | {name: str(value) for name, value in settings.items()},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self):
        return self._said.read_text()

    @property
    def url(self):
        return re.search(r"web +(http\S+)", self.output)[1]

    @property
    def data(self):
        return self.folder / ".plaza"

    def until_ready(self):
        wait_for(lambda: "Ctrl-C stops it" in self.output or self.process.poll() is not None)
        assert "Plaza is ready" in self.output, self.output
        return self

    def get(self, path="/"):
        return httpx.get(self.url + path, timeout=DEADLINE)

    def told(self):
        """The settings the web process has."""
        return self.get().json()["settings"]

    def interrupt(self):
        """As a terminal does on Ctrl-C: to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """The exit code after SIGTERM."""
        self.process.terminate()
        return self.process.wait(DEADLINE)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE)


def plaza(*words):
    return [sys.executable, "-m", "plaza.cli", "serve", "--app", "tests.e2e.tiny:build", *words]


def wait_for(promise, seconds=DEADLINE):
    """What `promise` gives, once that is true. Fails after a generous time, for slow machines."""
    until = time.monotonic() + seconds
    while not (kept := promise()):
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(GLANCE)
    return kept


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def children(pid):
    """The programs a process started, by name: {"postgres": 12, "web": 13, "worker": 14, ...}."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{child}/exe").readlink().name
            if name.startswith("python"):
                words = Path(f"/proc/{child}/cmdline").read_bytes()
                name = "worker" if b"plaza.worker" in words else "web"
            found[name] = int(child)
    return found


def using(folder):
    """The processes that hold anything in that folder, or were told of it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            held = [(entry / "cwd").readlink(), (entry / "cmdline").read_bytes().decode()]
            if any(str(folder) in str(each) for each in held):
                found.append(int(entry.name))
    return found
