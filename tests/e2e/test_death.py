"""kill -9 of anything: what was acknowledged is there again, and so is what was killed."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress

import asyncpg
import nats
from nats.js.api import StreamConfig

from tests.e2e.running import DEADLINE, ROOT, children, plaza, using, wait_for


async def write(told):
    """A row and a message, both acknowledged."""
    session = await asyncpg.connect(told["database_url"])
    await session.execute("create table kept (word text)")
    await session.execute("insert into kept values ('ada')")
    await session.close()
    broker = await nats.connect(told["nats_url"])
    stream = broker.jetstream()
    await stream.add_stream(StreamConfig(name="kept", subjects=["kept"]))
    await stream.publish("kept", b"bob")
    await broker.close()


async def read(told):
    """Both again; None from servers that are only just starting."""
    with suppress(OSError, asyncpg.CannotConnectNowError):
        session = await asyncpg.connect(told["database_url"])
        word = await session.fetchval("select word from kept")
        await session.close()
        broker = await nats.connect(told["nats_url"])
        message = await broker.jetstream().get_msg("kept", 1)
        await broker.close()
        return word, message.data


def test_all_die_with_plaza_and_nothing_is_lost(way, start, home):
    mode, user = way
    home.chmod(mode)
    ada = start(user=user).until_ready()
    asyncio.run(write(ada.told()))
    ada.process.kill()
    ada.process.wait()
    wait_for(lambda: using(home) == [])
    again = start(user=user).until_ready()
    assert asyncio.run(read(again.told())) == ("ada", b"bob")
    assert again.end() == 0


def test_it_starts_at_once_after_it_was_killed(start):
    """Also while what it left behind is still ending."""
    start().until_ready().process.kill()
    assert start().until_ready().get().status_code == 200


def test_a_killed_child_is_started_again(start):
    ada = start().until_ready()
    told = ada.told()
    asyncio.run(write(told))
    for name, pid in children(ada.process.pid).items():
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda name=name, pid=pid: children(ada.process.pid).get(name, pid) != pid)
    assert ada.get().status_code == 200
    assert ada.output.count("starting it again") == 5
    assert wait_for(lambda: asyncio.run(read(told))) == ("ada", b"bob")
    assert ada.end() == 0


def test_what_ends_again_and_again_ends_plaza(start, home):
    ada = start(command=[*plaza()[:-2], "--app", "tests.e2e.tiny:build_frail"])
    assert ada.process.wait(DEADLINE) == 1
    assert ada.output.count("starting it again") == 4
    assert "ended with code 3, for the 5th time within a minute" in ada.output
    assert "Traceback" not in ada.output
    assert using(home) == []


def test_a_server_that_ends_again_and_again_has_the_last_word(start, home):
    ada = start().until_ready()
    for _ in range(5):
        pid = wait_for(lambda: children(ada.process.pid).get("valkey-server"))
        os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda pid=pid: (
                ada.process.poll() is not None
                or children(ada.process.pid).get("valkey-server") != pid
            )
        )
    assert ada.process.wait(DEADLINE) == 1
    assert "Valkey" in ada.output
    assert "ended by SIGKILL, for the 5th time within a minute; its last words:\n" in ada.output
    assert using(home) == []


def test_all_die_with_a_test_run_that_was_killed(home):
    words = "import sys; from tests.e2e.running import Running; Running(sys.argv[1]).until_ready()"
    run = subprocess.Popen(
        [sys.executable, "-c", f"{words}; print('ready'); sys.stdout.flush(); input()", str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with run:
        assert run.stdout.readline() == b"ready\n"
        assert len(using(home)) > 1
        run.kill()
    wait_for(lambda: using(home) == [])
