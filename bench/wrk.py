"""Drive a server to its limit with wrk, from a core of its own."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

CONNECTIONS = 64
CORE = 1
"""The client's; servers that are measured run on core 0."""
POST = """
local n, run = 0, "%(run)s"
request = function()
  n = n + 1
  wrk.headers["Idempotency-Key"] = run .. n
  return wrk.format("POST", nil, nil, [[%(body)s]])
end
"""
TASKSET = "/usr/bin/taskset"
COUNT = """
done = function(summary)
  local e = summary.errors
  io.write(string.format("errors %d\\n", e.connect + e.read + e.write + e.timeout + e.status))
end
"""


class Load(Struct, frozen=True):
    """Requests a second, and the 99th percentile in milliseconds."""

    rate: float
    p99: float


class Posting(Struct, frozen=True):
    """A body to POST, each time under a new Idempotency-Key that begins with `run`."""

    body: str
    run: str


def drive(url: str, *, seconds: int, token: str, post: Posting | None = None) -> Load:
    """Any answer that is not 2xx makes the figure worthless: it raises RuntimeError."""
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("`make bench` needs wrk: apt-get install wrk")
    script = (POST % {"run": post.run, "body": post.body} if post else "") + COUNT
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        headers = [f"authorization: Bearer {token}"]
        headers += ["content-type: application/json"] if post else []
        told = subprocess.run(
            [
                *(TASKSET, "-c", str(CORE), wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"),
                *(part for header in headers for part in ("-H", header)),
                *("--latency", "-s", str(Path(file.name)), url),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if not re.search(r"^errors 0$", told, re.MULTILINE):
        raise RuntimeError(told)
    return Load(_figure(r"Requests/sec:\s+([\d.]+)()", told), _figure(r"99%\s+([\d.]+)(\w*)", told))


def _figure(pattern: str, told: str) -> float:
    found = re.search(pattern, told)
    if found is None:
        raise RuntimeError(told)
    return float(found[1]) * {"us": 0.001, "s": 1000.0}.get(found[2], 1.0)
