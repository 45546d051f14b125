"""What the settings wire."""

import contextlib

import httpx
import pytest

from plaza.app import build
from plaza.settings import Settings

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
                transport=httpx.ASGITransport(app.asgi), base_url="http://plaza"
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
