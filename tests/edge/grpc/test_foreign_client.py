"""A client that Plaza has no part in, written in Go, learns everything by reflection."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from plaza.platform.ids import uuid7
from plaza.posts.grpc import SERVICE

pytestmark = pytest.mark.anyio

BUF = Path(sys.executable).with_name("buf")
NOT_FOUND = 40
"""What buf makes of NOT_FOUND (5), for a shell."""


async def buf(port, path, *options):
    """What `buf curl` says, and with which code it ends."""
    url = f"http://127.0.0.1:{port}{path}"
    command = (BUF, "curl", "--http2-prior-knowledge", "--protocol", "grpc", *options, url)
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(*command, **pipes)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_it_finds_every_method(server):
    code, out, _ = await buf(server[1], "", "--list-methods")
    found = set(out.split())
    assert code == 0
    assert found >= {f"{SERVICE.name}/{name}" for name in SERVICE.operations}
    assert "grpc.health.v1.Health/Check" in found


async def test_it_calls_and_is_refused_in_words_it_knows(server):
    ada = ("-H", "authorization: Bearer ada", "-d")
    asked = json.dumps({"post": {"content": "hello", "visibility": "VISIBILITY_PRIVATE"}})
    code, out, _ = await buf(server[1], f"/{SERVICE.name}/CreatePost", *ada, asked)
    assert (code, json.loads(out)["post"]["content"]) == (0, "hello")
    asked = json.dumps({"post_id": str(uuid7())})
    code, _, err = await buf(server[1], f"/{SERVICE.name}/GetPost", *ada, asked)
    assert code == NOT_FOUND
    assert "There is no such post" in err
    assert "google.rpc.ErrorInfo" in err
