"""NATS with JetStream on a loopback port of its choice."""

import json
import os
import secrets
from pathlib import Path

from plaza.platform.embedded import binaries
from plaza.platform.embedded.launch import Launch
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.process import Process

CONFIGURATION = """\
host: 127.0.0.1
port: {port}
ports_file_dir: {run}
server_name: plaza
authorization {{ user: plaza, password: {password} }}
jetstream {{ store_dir: {data}, sync_interval: {sync}, max_memory_store: 64MB }}
"""


class Nats(Process):
    """The port is chosen at the first start and kept; `url` is known once it is ready.

    With `fsync` an acknowledged message is on the disk; without, for tests only, perhaps not.
    """

    name = "NATS"

    def __init__(
        self, data: Path, run: Path, *, log: Log | None = None, fsync: bool = True
    ) -> None:
        super().__init__(log or Log(data.with_name(f"{data.name}.log")))
        self._data = data.resolve()
        self._run = run
        self._sync = "always" if fsync else "2m"
        self._password = secrets.token_hex(16)  # other users of the machine reach the port, too
        self._port = -1

    @property
    def url(self) -> str:
        return f"nats://plaza:{self._password}@127.0.0.1:{self._port}"

    def launch(self) -> Launch:
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = CONFIGURATION.format(
            port=self._port,
            run=json.dumps(str(self._run)),
            password=self._password,
            data=json.dumps(str(self._data)),
            sync=self._sync,
        )
        configuration = self._run / "nats.conf"
        private = os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(private, "w") as file:  # noqa: PTH123 - the descriptor carries the mode
            file.write(text)
        return Launch(command=(binaries.nats(), "--config", configuration))

    def is_ready(self) -> bool:
        """It writes its ports once it listens on them."""
        try:
            ports = json.loads((self._run / f"nats-server_{self.pid}.ports").read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        self._port = int(ports["nats"][0].rpartition(":")[2])
        return True
