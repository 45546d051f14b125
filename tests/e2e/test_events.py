"""What is announced leaves the outbox, also when the leader or the broker dies."""

import asyncio
import os
import signal

import asyncpg
import httpx

from plaza.platform.embedded.borrowed import borrowed_postgres
from tests.e2e.running import children, wait_for
from tests.e2e.test_accounts import CHEAP, WHOLE, join, login

WAITING = "select count(*) from platform.outbox where published_at is null"
LEADERS = "select count(holder) from platform.lease where name = 'platform.relay'"
PROFILES = "select count(*) from people.profile where state = 'active'"


def asked(plaza, sql):
    async def ask(dsn):
        session = await asyncpg.connect(dsn)
        try:
            return await session.fetchval(sql)
        finally:
            await session.close()

    with borrowed_postgres(plaza.data) as dsn:
        return asyncio.run(ask(dsn))


def post(plaza, tokens, words):
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    answer = httpx.post(f"{plaza.url}/v1/posts", json={"content": words}, headers=headers)
    assert answer.is_success


def test_the_outbox_empties_whoever_dies(start):
    plaza = start(command=WHOLE, WORKERS=2, **CHEAP).until_ready()
    tokens = login(plaza, join(plaza, "ada"))
    post(plaza, tokens, "one")
    wait_for(lambda: asked(plaza, WAITING) == 0)
    assert asked(plaza, LEADERS) == 1
    wait_for(lambda: asked(plaza, PROFILES) == 1)
    for name in ("web", "nats-server"):
        os.kill(children(plaza.process.pid)[name], signal.SIGKILL)
        wait_for(lambda: succeeds(plaza, tokens))
        wait_for(lambda: asked(plaza, WAITING) == 0)


def succeeds(plaza, tokens):
    try:
        post(plaza, tokens, "again")
    except httpx.HTTPError:
        return False
    return True
