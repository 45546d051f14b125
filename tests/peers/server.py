"""A whole Plaza, started as anybody would, and somebody who may use it."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from msgspec import Struct

from tests.leash import leashed

START_SECONDS = 60.0
MAIL_SECONDS = 20.0
OURS = re.compile(r"^PLAZA_|^(DATABASE|REDIS|NATS|MAIL)_URL$")


class Server(Struct):
    """`grpc` is host:port, empty where gRPC is not spoken; the account is an active user's."""

    url: str
    grpc: str
    username: str
    password: str

    def contract(self) -> str:
        return httpx.get(f"{self.url}/openapi.yaml").raise_for_status().text


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """Plaza on free ports with all it needs, its data in `folder`; ended at the end."""
    said = folder / "said"
    kept = {name: value for name, value in os.environ.items() if not OURS.search(name)}
    settings = {
        "PLAZA_DATA_DIR": str(folder / "data"),
        "PLAZA_PORT": str(_free_port()),
        "PLAZA_GRPC_PORT": str(_free_port()),
        "PLAZA_RATE_LIMITS": "off",
    }
    with said.open("wb") as output:
        process = subprocess.Popen(
            leashed(Path(sys.executable).with_name("plaza"), "serve"),
            cwd=folder,
            env=kept | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _ready(process, said, folder / "data")
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _ready(process: "subprocess.Popen[bytes]", said: Path, data: Path) -> Server:
    late = time.monotonic() + START_SECONDS
    while "Ctrl-C stops it" not in (told := said.read_text(encoding="utf-8")):
        if process.poll() is not None or time.monotonic() > late:
            sys.exit(f"Plaza did not start:\n{told}")
        time.sleep(0.05)
    url = re.findall(r"^ *web +(\S+)", told, re.MULTILINE)[0]
    grpc = re.findall(r"^ *gRPC +(\S+)", told, re.MULTILINE)
    name, password = f"ada_{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    with httpx.Client(base_url=url) as http:
        account = {"username": name, "email": f"{name}@example.org", "password": password}
        http.post("/v1/auth/register", json=account).raise_for_status()
        http.put(f"/v1/users/activate/{_mailed_token(data / 'mail')}").raise_for_status()
    return Server(url=url, grpc=grpc[0] if grpc else "", username=name, password=password)


def _mailed_token(letters: Path) -> str:
    late = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < late:
        for letter in letters.glob("*.json"):
            text: str = json.loads(letter.read_bytes())["text"]
            return text.rsplit(maxsplit=1)[-1]
        time.sleep(0.05)
    sys.exit(f"no letter came within {MAIL_SECONDS:.0f} s")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
