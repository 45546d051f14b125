"""What nobody waits for is done by a worker: beside the web, apart from it, and after its death."""

import asyncio
import os
import signal

import asyncpg
import httpx
import pytest
from aiosmtpd.controller import Controller

from plaza.platform.embedded.nats import Nats
from tests.e2e.running import DEADLINE, children, free_port, using, wait_for
from tests.e2e.test_accounts import CHEAP, WHOLE, join, letters, login, mailed, person

LEASES = "select count(*) from platform.holder"
UNTOUCHED = "select count(*) from platform.job where attempts = 0"


def register(running, name):
    answer = httpx.post(f"{running.url}/v1/auth/register", json=person(name))
    assert answer.status_code == 201


def ask(dsn, sql):
    async def fetch():
        session = await asyncpg.connect(dsn)
        try:
            return await session.fetchval(sql)
        finally:
            await session.close()

    return asyncio.run(fetch())


@pytest.fixture
def outside(dsn, tmp_path, valkey_url):
    """Servers that are not Plaza's own, and what tells it where they are."""
    with Nats(tmp_path / "nats", tmp_path, fsync=False) as nats:
        yield {"DATABASE_URL": dsn, "NATS_URL": nats.url, "REDIS_URL": valkey_url, **CHEAP}


def test_nothing_is_lost_when_the_worker_is_killed(start):
    plaza = start(command=WHOLE, **CHEAP).until_ready()
    for name in ("ada", "bob", "cyd"):
        worker = wait_for(lambda: children(plaza.process.pid).get("worker"))
        os.kill(worker, signal.SIGKILL)
        register(plaza, name)
        wait_for(lambda pid=worker: children(plaza.process.pid).get("worker", pid) != pid)
    for name in ("ada", "bob", "cyd"):
        token = mailed(plaza, f"{name}@example.org")
        assert httpx.put(f"{plaza.url}/v1/users/activate/{token}").status_code == 204
    headers = {"authorization": f"Bearer {login(plaza, person('ada'))['access_token']}"}
    wait_for(lambda: httpx.get(f"{plaza.url}/v1/users/@cyd", headers=headers).status_code == 200)
    assert plaza.output.count("worker (process") == 3
    assert plaza.end() == 0


def test_the_web_answers_while_no_worker_is_there_and_the_worker_finds_what_was_left(
    start, outside, home
):
    gateway = start(command=[*WHOLE, "gateway"], **outside).until_ready()
    assert set(children(gateway.process.pid)) == {"web"}
    register(gateway, "ada")
    assert ask(outside["DATABASE_URL"], LEASES) == 0
    assert ask(outside["DATABASE_URL"], UNTOUCHED) == 1
    assert letters(gateway, "ada@example.org") == []
    worker = start(command=[*WHOLE, "worker"], **outside).until_ready()
    assert set(children(worker.process.pid)) == {"worker"}
    assert "web " not in worker.output
    join(gateway, "bob")
    assert mailed(gateway, "ada@example.org")
    assert gateway.end() == 0
    assert worker.end() == 0
    assert using(home) == []


def test_while_one_worker_is_frozen_another_does_its_work(start, outside):
    gateway = start(command=[*WHOLE, "gateway"], **outside).until_ready()
    first = start(command=[*WHOLE, "worker"], **outside).until_ready()
    join(gateway, "dan")
    second = start(command=[*WHOLE, "worker"], **outside).until_ready()
    frozen = children(first.process.pid)["worker"]
    os.kill(frozen, signal.SIGSTOP)
    try:
        who = join(gateway, "eve")
        headers = {"authorization": f"Bearer {login(gateway, who)['access_token']}"}
        wait_for(
            lambda: httpx.get(f"{gateway.url}/v1/users/@eve", headers=headers).status_code == 200
        )
    finally:
        os.kill(frozen, signal.SIGCONT)
    join(gateway, "fay")
    for name in ("dan", "eve", "fay"):
        assert len({each["text"] for each in letters(gateway, f"{name}@example.org")}) == 1
    for running in (gateway, first, second):
        assert running.end() == 0


class SlowPost:
    """A mail server that thinks for a second before it takes a letter."""

    def __init__(self):
        self.thinking, self.taken = [], []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.thinking += envelope.rcpt_tos
        await asyncio.sleep(1)
        self.taken += envelope.rcpt_tos
        return "250 OK"


def test_a_letter_that_is_on_its_way_at_the_end_arrives_and_once(start):
    post = SlowPost()
    server = Controller(post, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        settings = {"MAIL_URL": f"smtp://127.0.0.1:{server.port}?tls=never", **CHEAP}
        plaza = start(command=WHOLE, **settings).until_ready()
        register(plaza, "ada")
        wait_for(lambda: post.thinking)
        assert plaza.end() == 0
        assert post.taken == ["ada@example.org"]
        again = start(command=WHOLE, **settings).until_ready()
        register(again, "bob")
        wait_for(lambda: "bob@example.org" in post.taken)
        assert again.end() == 0
    finally:
        server.stop()
    assert post.taken == ["ada@example.org", "bob@example.org"]


@pytest.mark.parametrize("role", ["gateway", "worker"])
def test_a_role_by_itself_has_no_servers(start, home, role):
    alone = start(command=[*WHOLE, role], REDIS_URL="redis://127.0.0.1:1")
    assert alone.process.wait(DEADLINE) == 1
    assert alone.output == (
        f"`plaza serve {role}` has no servers of its own: set DATABASE_URL and NATS_URL.\n"
    )
    assert using(home) == []


def test_a_worker_does_not_start_on_a_database_that_is_older_than_it(start, servers, home):
    alone = start(
        command=[*WHOLE, "worker"],
        DATABASE_URL=servers.postgres,
        NATS_URL=servers.nats,
        REDIS_URL=servers.valkey,
    )
    assert alone.process.wait(DEADLINE) == 1
    assert "plaza migrate up" in alone.output
    assert "Traceback" not in alone.output
    assert using(home) == []
