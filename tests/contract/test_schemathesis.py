"""The running server keeps its contract, whatever is sent: no crash, no answer it does not name.

`make test` sends about a thousand requests, `make fuzz` ten thousand. A failure prints its seed:
`FUZZ_SEED=<seed> make test PYTEST_FLAGS=tests/contract/test_schemathesis.py` sends the same again.
"""

import asyncio
import json
import os
import re
import secrets
import sys
from pathlib import Path

import httpx
import pytest

from plaza.app.gateway import build
from plaza.settings import Settings
from tests.edge.rest.wire import listening
from tests.working import working
from tools.tracked import ROOT

pytestmark = pytest.mark.anyio

RULES = Path(__file__).with_name("schemathesis.toml")
LONG = {"examples": 700, "cases": 10_000}
SHORT = {"examples": 20, "cases": 1_000}
WANTED = LONG if os.environ.get("FUZZ") == "long" else SHORT
SEED = os.environ.get("FUZZ_SEED") or str(secrets.randbelow(2**32))
PASSWORD = "correct horse 9"


@pytest.fixture
def settings(dsn, nats_url, valkey_url, tmp_path):
    return Settings(
        database_url=dsn,
        nats_url=nats_url,
        redis_url=valkey_url,
        data_dir=str(tmp_path),
        grpc_port=0,
        password_memory_kib=64,
        rate_limits="off",
        log_level="error",
    )


@pytest.fixture
async def url(settings):
    app = build(settings)
    await app.start()
    async with working(settings), listening(app.asgi) as port:
        yield f"http://127.0.0.1:{port}"
    await app.stop()


@pytest.fixture
async def ada(url, settings):
    """The username of somebody whose account is active."""
    name = f"ada_{secrets.token_hex(4)}"
    account = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=url) as http:
        made = await http.post("/v1/auth/register", json=account)
        assert made.status_code == 201, made.text
        activated = await http.put(f"/v1/users/activate/{await mailed_token(settings.data)}")
        assert activated.status_code == 204, activated.text
    return name


async def mailed_token(data):
    for _ in range(200):
        for letter in (data / "mail").glob("*.json"):
            return json.loads(letter.read_bytes())["text"].split()[-1]
        await asyncio.sleep(0.05)
    raise AssertionError("no letter came within 10 s")


async def test_the_server_shows_the_contract_it_is_judged_by(url):
    async with httpx.AsyncClient(base_url=url) as http:
        shown = await http.get("/openapi.yaml")
    assert shown.text == (ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8")


async def test_whatever_is_sent_the_contract_is_kept(url, ada, tmp_path):
    judge = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        f"--config-file={RULES}",
        "run",
        f"{url}/openapi.json",
        "--checks=all",
        "--phases=examples,coverage,fuzzing,stateful",
        "--continue-on-failure",
        f"--max-examples={WANTED['examples']}",
        f"--seed={SEED}",
        "--no-color",
        cwd=tmp_path,
        env={**os.environ, "JUDGED_LOGIN": ada, "JUDGED_PASSWORD": PASSWORD},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await judge.communicate()
    report = f"seed {SEED}\n{told.decode()}"
    sys.stdout.write(report)
    assert judge.returncode == 0, report
    (cases,) = re.findall(r"^ *(\d+) generated, \1 passed", report, re.MULTILINE)
    assert int(cases) >= WANTED["cases"], report
