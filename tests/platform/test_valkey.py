"""Valkey answers soon or is away; over a real one that is stopped, emptied and frozen."""

import asyncio
import os
import signal

import pytest

from plaza.platform import valkey as face
from plaza.platform.embedded.valkey import Valkey
from plaza.platform.valkey import AWAY_SECONDS, Away, ValkeyClient, script

pytestmark = pytest.mark.anyio

COUNT = script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
WRONG = script("return redis.call('LPUSH', KEYS[1], 'x')")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("v")
    folder.chmod(0o711)
    with Valkey(folder) as server:
        yield server


@pytest.fixture
async def client(server, clock):
    async with ValkeyClient(server.url, clock=clock) as client:
        yield client


async def test_a_script_runs_for_many_keys_in_one_round_trip(client):
    assert await client.run(COUNT, [("a", 1), ("b", 2), ("a", 3)]) == [1, 2, 4]
    assert await client.run(COUNT, []) == []


async def test_a_script_that_the_server_forgot_is_told_again(client):
    await client.run(COUNT, [("a", 1)])
    await client.ask([("SCRIPT", "FLUSH")])
    assert await client.run(COUNT, [("a", 1), ("a", 1)]) == [2, 3]


async def test_what_the_server_refuses_is_away_too_and_is_asked_again_at_once(client):
    await client.run(COUNT, [("a", 1)])
    with pytest.raises(Away):
        await client.run(WRONG, [("a",)])
    assert await client.run(COUNT, [("a", 1)]) == [2]


async def test_a_connection_that_broke_unused_is_not_noticed(client):
    await client.check()
    await client.ask([("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")])
    await client.check()


async def test_who_is_gone_is_not_asked_for_a_second(client, server, clock):
    await client.check()
    server.stop()
    with pytest.raises(Away):
        await client.check()
    server.start()
    server.wait_ready()
    with pytest.raises(Away):
        await client.check()
    clock.now += AWAY_SECONDS
    await client.check()


async def test_who_does_not_answer_is_away(client, server, monkeypatch):
    monkeypatch.setattr(face, "AWAY_SECONDS", 0)
    await client.check()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(60):
            with pytest.raises(Away):
                await client.check()
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await client.check()
