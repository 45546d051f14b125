"""A real Plaza to measure, with one person and one post in it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

PASSWORD = "correct horse battery staple 9"  # noqa: S105  # of a person who does not exist
START_SECONDS = 60
PUBLISH_SECONDS = 120


class Running(Struct, frozen=True):
    """`web` are the process ids of the web processes, `worker` that of the worker.

    `others` are those of all that Plaza started but the web processes.
    """

    url: str
    token: str
    post: str
    size: int
    web: tuple[int, ...]
    worker: int
    others: tuple[int, ...]

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The worker stands still meanwhile, and has caught up afterwards."""
        os.kill(self.worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.worker, signal.SIGCONT)
            self._until_published()

    def _until_published(self) -> None:
        for _ in range(PUBLISH_SECONDS * 2):
            with urllib.request.urlopen(self.url + "/metrics", timeout=30) as answer:  # noqa: S310
                if re.search(rb"^plaza_outbox_unpublished 0(\.0)?$", answer.read(), re.MULTILINE):
                    return
            time.sleep(0.5)
        raise TimeoutError("the outbox does not become empty")


@contextlib.contextmanager
def running() -> Iterator[Running]:
    """`plaza serve` in a folder of its own, as in production but for what the README names."""
    with tempfile.TemporaryDirectory(prefix="plaza-bench-") as folder:
        port = free_port()
        environment = {
            **os.environ,
            "PLAZA_DATA_DIR": str(Path(folder, "data")),
            "PLAZA_PORT": str(port),
            "PLAZA_GRPC_PORT": "0",
            "PLAZA_ACCESS_LOG": "sampled",
            "PLAZA_RATE_LIMITS": "off",
        }
        with Path(folder, "log").open("wb") as log:
            served = subprocess.Popen(
                [Path(sys.executable).with_name("plaza"), "serve"],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url + "/health/ready")
            yield _populated(url, Path(folder, "data"), served.pid)
        finally:
            served.send_signal(signal.SIGTERM)
            served.wait(60)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def ask(method: str, url: str, body: object = None, token: str = "") -> Any:
    request = urllib.request.Request(url, method=method)  # noqa: S310  # our own, on loopback
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        told = answer.read()
    return json.loads(told) if told else None


def _populated(url: str, data: Path, parent: int) -> Running:
    who = {"username": "ada", "email": "ada@plaza.example", "password": PASSWORD}
    ask("POST", url + "/v1/auth/register", who)
    ask("PUT", f"{url}/v1/users/activate/{_mailed_token(data / 'mail')}")
    login = ask("POST", url + "/v1/auth/login", {"login": "ada", "password": PASSWORD})
    token = login["access_token"]
    said = {
        "content": "A post of a usual length, about a hundred characters long, as most are. Hi!"
    }
    post = ask("POST", url + "/v1/posts", said, token)
    size = len(json.dumps(post, separators=(",", ":")))
    (worker,) = _children(parent, b"plaza.worker")
    web = _children(parent, b"plaza.web")
    others = tuple(each for each in _descendants(parent) if each not in web)
    return Running(url, token, post["id"], size, web, worker, others)


def _mailed_token(folder: Path) -> str:
    for _ in range(START_SECONDS * 10):
        for mail in folder.glob("*.json"):
            text: str = json.loads(mail.read_text())["text"]
            return text.rsplit(maxsplit=1)[-1]
        time.sleep(0.1)
    raise TimeoutError("no activation mail came")


def _wait(url: str) -> None:
    for _ in range(START_SECONDS * 10):
        with contextlib.suppress(OSError):
            ask("GET", url)
            return
        time.sleep(0.1)
    raise TimeoutError(url)


def _children(parent: int, module: bytes = b"") -> tuple[int, ...]:
    children = map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return tuple(
        child for child in children if module in Path(f"/proc/{child}/cmdline").read_bytes()
    )


def _descendants(parent: int) -> Iterator[int]:
    for child in _children(parent):
        yield child
        yield from _descendants(child)
