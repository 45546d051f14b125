"""Valkey on a private socket, in memory only."""

import socket
from pathlib import Path

from plaza.platform.embedded import binaries
from plaza.platform.embedded.launch import Launch
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.process import Process


class Valkey(Process):
    """Nothing is kept on disk: what it holds can be made again from PostgreSQL."""

    name = "Valkey"

    def __init__(self, run: Path, *, log: Log | None = None, memory: str = "256mb") -> None:
        super().__init__(log or Log(run / "valkey.log"))
        self._run = run
        self._memory = memory

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def launch(self) -> Launch:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self._run),
            "maxmemory": self._memory,
            "maxmemory-policy": "allkeys-lru",
        }
        words = (word for name, value in options.items() for word in (f"--{name}", value))
        return Launch(command=(binaries.valkey(), *words))

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    @property
    def _socket(self) -> Path:
        return self._run / "valkey.sock"
