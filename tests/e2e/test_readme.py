"""The README's five minutes, word for word, against the real thing."""

import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.running import ROOT
from tests.e2e.test_accounts import CHEAP, WHOLE

TOUR = re.compile(r"^## Five minutes with curl$(.*?)^## ", re.MULTILINE | re.DOTALL)
ELSEWHERE = "buf curl"
"""What another tool says of gRPC is judged in test_protocols."""


def tour():
    """The lines one would type, in their order."""
    (told,) = TOUR.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    blocks = re.findall(r"(?:^    .*\n)+", told, re.MULTILINE)
    return "".join(block for block in blocks if ELSEWHERE not in block)


def test_five_minutes_with_curl(start, home):
    plaza = start(
        command=WHOLE, ACCESS_LOG="all", **{k: CHEAP[k] for k in CHEAP if k != "ACCESS_LOG"}
    )
    plaza.until_ready()
    (home / ".venv").symlink_to(Path(sys.prefix))
    typed = tour().replace("localhost:8000", plaza.url.removeprefix("http://"))
    told = subprocess.run(
        ["/bin/sh", "-eu", "-c", typed], cwd=home, check=False, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    for promise in (
        '"state":"pending"',
        "HTTP/1.1 201 Created",
        '"content":"Hello, plaza!"',
        '"content":"Hello, world!"',
        '"version":2,"created_at"',
        '{"items":[{"id":',
        '{"data":{"post":{"content":"Hello, world!","version":2,',
    ):
        assert promise in told.stdout, told.stdout
