"""What the settings wire."""

import contextlib
import os
from importlib import import_module
from importlib.metadata import version

import httpx
import pytest

from plaza.app.gateway import build
from plaza.app.work import EVENTS
from plaza.platform.events import announced_in
from plaza.settings import Settings
from tests.architecture.source import SRC

pytestmark = pytest.mark.anyio


@pytest.fixture
def served(dsn, nats_url, valkey_url, tmp_path):
    """A client of an application with these settings."""

    @contextlib.asynccontextmanager
    async def start(**more):
        settings = Settings(
            database_url=dsn,
            nats_url=nats_url,
            redis_url=valkey_url,
            data_dir=str(tmp_path),
            grpc_port=0,
            **more,
        )
        app = build(settings)
        try:
            await app.start()
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app.asgi), base_url="http://localhost"
            ) as client:
                yield client
        finally:
            await app.stop()

    return start


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, 200),
        ({"environment": "production"}, 404),
        ({"mail_url": "smtp://127.0.0.1:1"}, 404),
    ],
    ids=["development", "production", "letters that leave"],
)
async def test_only_whoever_develops_reads_the_mail_of_others(served, settings, status):
    async with served(**settings) as client:
        for path in ("/dev/mail", "/dev/mail.json"):
            assert (await client.get(path)).status_code == status


async def test_who_has_no_account_may_read_what_is_limited(served):
    async with served(rate_anonymous="7/3") as client:
        answer = await client.get("/v1/limits")
    told = answer.json()
    assert (answer.status_code, told["body_bytes"], told["request_seconds"]) == (200, 1048576, 60)
    assert {"name": "anonymous", "calls": 7, "seconds": 3} in told["rates"]
    assert answer.headers["ratelimit"].startswith('"anonymous";r=6')
    content = {"operation": "posts_create", "field": "content", "at_least": 1, "at_most": 2000}
    assert content in told["texts"]
    password = [each for each in told["texts"] if each["field"] == "password"]
    assert {each["at_most"] for each in password} == {128}


async def test_where_nothing_is_counted_no_rate_is_told(served):
    async with served(rate_limits="off") as client:
        answer = await client.get("/v1/limits")
    assert answer.json()["rates"] == []
    assert "ratelimit" not in answer.headers


async def test_the_operator_sees_every_part_and_this_process(served):
    async with served() as client:
        client.auth = ("admin", "admin")
        health = (await client.get("/v1/health")).json()
        told = (await client.get("/v1/debug/vars/")).json()
    assert health["status"] in {"ok", "degraded"}, "the broker may not be there yet"
    useful = {"broker", "events", "dead_letters", "cache", "memory", "jobs", "periodic", "audit"}
    assert set(health["parts"]) == {"database", "migrations", *useful}
    assert health["parts"]["database"]["up"]
    assert all(part["ms"] >= 0 for part in health["parts"].values())
    why = "no beat of the relay was heard yet: every read asks the database"
    assert health["parts"]["memory"]["why"] == why, "there is no worker here"
    assert told["caches"]["doubted"] == 0
    assert told["pid"] == os.getpid()
    assert told["memory_bytes"] > 1_000_000
    assert told["tasks"] > 1
    assert told["pool"]["size"] == told["pool"]["idle"] + told["pool"]["busy"]
    assert told["pool"]["waiting"] == 0


async def test_in_production_nobody_is_the_operator_until_a_password_is_set(served):
    async with served(environment="production") as client:
        for words in (("admin", "admin"), ("", ""), ("admin", "")):
            assert (await client.get("/v1/health", auth=words)).status_code == 401
    named = {"operator_user": "ops", "operator_password": "a long one: really"}
    async with served(environment="production", **named) as client:
        assert (await client.get("/v1/health", auth=("ops", "a long one"))).status_code == 401
        answer = await client.get("/v1/health", auth=("ops", "a long one: really"))
        assert answer.status_code == 200


def test_the_relay_knows_every_event_there_is():
    """Of one that it does not know it tells every process to forget all."""
    contexts = [file.parent.name for file in SRC.glob("*/events.py")]
    announced = [
        each
        for context in contexts
        if context != "platform"
        for each in announced_in(import_module(f"plaza.{context}.events"))
    ]
    assert len(announced) > 10
    assert {each.topic for each in announced} == {each.topic for each in EVENTS}


async def test_whoever_looks_is_told_one_version_and_where_this_is(served):
    async with served(public_url="https://plaza.example") as client:
        page = (await client.get("/docs")).text
        assert f"<small>{version('plaza')}</small>" in page
        assert "curl -X POST https://plaza.example/v1/" in page
        told = (await client.get("/v1/debug/vars", auth=("admin", "admin"))).json()
        assert told["version"] == version("plaza")
        numbers = (await client.get("/metrics", auth=("admin", "admin"))).text
        assert f'version="{version("plaza")}"' in numbers
