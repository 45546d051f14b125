"""A real PostgreSQL that comes back from anything, under whatever identity."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from plaza.platform.embedded import binaries, postgres
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.embedded.unprivileged import NOBODY, Unprivileged, unprivileged
from plaza.platform.starting import CannotStart
from tests.e2e.running import wait_for

BUSY = "select count(*) from generate_series(1, 1000000000000)"


def identities():
    """What this machine lets us try: root also where it must really become nobody."""
    real = [Unprivileged(user=NOBODY)] if os.geteuid() == 0 else []
    return [unprivileged(), *real]


def start(server):
    server.start()
    assert server.wait_ready()
    return server


@pytest.fixture(scope="module")
def shared(open_folder):
    """Tests stop and start it as they like."""
    made = Postgres(open_folder / "shared", open_folder, fsync=False)
    yield made
    made.stop()


@pytest.fixture
def server(shared):
    return shared if shared.is_running() else start(shared)


def ask(server, sql):
    async def once():
        session = await asyncpg.connect(server.dsn)
        try:
            return await session.fetchval(sql)
        finally:
            await session.close()

    return asyncio.run(once())


def is_alive(pid):
    """A zombie is not: where nobody reaps orphans, they stay as such."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("identity", identities(), ids=str)
def test_it_keeps_its_data_and_runs_as_nobody_else(open_folder, identity, monkeypatch):
    monkeypatch.setattr(postgres, "unprivileged", lambda: identity)
    server = Postgres(open_folder / f"of-{identity.owner}", open_folder, fsync=False)
    with server:
        ask(server, "create table kept as select 7 as number")
        assert Path(f"/proc/{server.pid}").stat().st_uid == identity.owner
    assert server.ended() == 0
    with server:
        assert ask(server, "select number from kept") == 7


def test_data_of_another_user_is_refused_by_name(server, open_folder, monkeypatch):
    server.stop()
    stranger = Unprivileged(user=os.geteuid() + 1)
    monkeypatch.setattr(Unprivileged, "hand_over", lambda *_: None)
    monkeypatch.setattr(postgres, "unprivileged", lambda: stranger)
    with pytest.raises(
        CannotStart, match=rf"{open_folder}/shared belongs to user id {os.geteuid()}"
    ):
        server.start()


def test_text_is_compared_the_same_everywhere(server):
    locale = "select datlocprovider::text || datlocale from pg_database where datname = 'plaza'"
    assert ask(server, locale) == "bC.UTF-8"
    assert ask(server, "select lower('ÄDA')") == "äda"


def test_only_its_owner_reaches_it(server, open_folder):
    assert (open_folder / "postgres").stat().st_mode & 0o777 == 0o700
    assert ask(server, "show listen_addresses") == ""


def test_a_busy_session_of_a_killed_server_is_no_obstacle(server):
    """It notices nothing and holds the shared memory: a new server would not start beside it."""
    with subprocess.Popen(
        [binaries.postgres("psql"), server.dsn, "-c", BUSY], stderr=subprocess.DEVNULL
    ) as ada:
        find = "select pid from pg_stat_activity where query like 'select count%series%'"
        busy = wait_for(lambda: ask(server, find))
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: server.ended() is not None)
        assert is_alive(busy)
        begun = time.monotonic()
        assert ask(start(server), "select 1") == 1
        assert time.monotonic() - begun < postgres.PATIENCE
        assert not is_alive(busy)
        assert ada.wait() != 0


def test_pid_files_that_name_another_program_are_no_obstacle(server, open_folder):
    server.kill()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        for name in ("shared/postmaster.pid", "postgres/.s.PGSQL.5432.lock"):
            written = open_folder / name
            pid, *rest = written.read_text().splitlines()
            assert pid == str(server.pid)
            written.write_text("\n".join([str(innocent.pid), *rest]))
        assert ask(start(server), "select 1") == 1
        assert innocent.poll() is None
        innocent.communicate(b"\n")


def test_a_half_made_one_is_made_again(shared, open_folder):
    shared.stop()
    partial = open_folder / "half.partial"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("18")
    with Postgres(open_folder / "half", open_folder, fsync=False) as server:
        assert ask(server, "select 1") == 1
    assert not partial.exists()


def test_data_that_vanished_is_not_made_anew(open_folder):
    """An empty database in its place would look like a Plaza that lost everything."""
    with Postgres(open_folder / "lost", open_folder, fsync=False) as server:
        pass
    (open_folder / "lost").rename(open_folder / "found")
    with pytest.raises(CannotStart, match="lost has gone"):
        server.start()


def test_what_it_said_is_in_the_refusal(shared, open_folder):
    shared.stop()
    odd = Postgres(open_folder / "shared", open_folder, settings={"no_such_setting": "1"})
    odd.start()
    with pytest.raises(CannotStart, match=r"(?s)PostgreSQL did not start: .*no_such_setting"):
        odd.wait_ready()
