"""What keeps Plaza from starting is one plain sentence, and nothing is left running."""

import asyncio
import os
import socket
import subprocess

import pytest

from tests.e2e.running import using
from tests.platform.wire import Wire

TMPFS = 'mount -t tmpfs -o size=8m,{options} tmpfs "$1" && shift && exec "$@"'


@pytest.fixture
def refusal(start, home):
    """What it says instead of starting."""

    def begin(*words, **settings):
        ada = start(*words, **settings)
        assert ada.process.wait(30) == 1
        assert "Traceback" not in ada.output
        assert "Plaza is ready" not in ada.output
        assert using(home) == []
        assert ada.output.count("\n") == 1, ada.output
        return ada.output

    return begin


def mounted(home, options):
    """A way to start things where that folder is a small file system; None where we may not."""
    ways = (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"])
    for way in ways:
        words = [*way, "sh", "-c", TMPFS.format(options=options), "sh", str(home)]
        if subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0:
            return words
    return None


def test_a_data_folder_in_use(start, home):
    ada = start().until_ready()
    bob = start()
    assert bob.process.wait(30) == 1
    assert f"{home}/.plaza is in use by another Plaza (process {ada.process.pid})" in bob.output
    assert "PLAZA_DATA_DIR" in bob.output
    assert ada.get().status_code == 200


@pytest.mark.parametrize(("setting", "named"), [("PORT", "PLAZA_PORT"), ("GRPC_PORT", "GRPC_PORT")])
def test_a_taken_port(refusal, setting, named):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refusal(**{setting: port})
    assert said.startswith(f"Port {port} on 127.0.0.1 is taken by another program")
    assert f"set {named}" in said


def test_a_wrong_setting(refusal):
    assert "PLAZA_PROT is not a setting, PLAZA_PORT is" in refusal(PLAZA_PROT=1)
    assert "WORKERS: This must be a whole number" in refusal(WORKERS="many")
    assert "no address to listen on" in refusal(PLAZA_HOST="no.such.host.invalid")


def test_a_full_disk(refusal, home):
    user = mounted(home, "rw")
    if user:
        said = refusal(user=user, PLAZA_DATA_DIR=home / "data")
        assert said.startswith(f"The disk that holds {home}/data is full")


def test_a_folder_that_cannot_be_written(refusal, home):
    user = mounted(home, "ro")
    if user:
        said = refusal(user=user, PLAZA_DATA_DIR=home / "data")
        assert said.startswith(f"Plaza cannot write to its data folder {home}/data (Read-only")


def test_a_file_where_the_data_folder_should_be(refusal, home):
    (home / ".plaza").touch()
    assert "PLAZA_DATA_DIR" in refusal()


def test_a_folder_above_that_root_may_enter_and_postgres_may_not(refusal, home):
    if os.geteuid() == 0:
        closed = home / "of-ada"
        closed.mkdir(mode=0o700)
        os.chown(closed, 12345, 12345)
        said = refusal(PLAZA_DATA_DIR=closed / "data")
        assert f"PostgreSQL, which never runs as root, may not enter {closed}" in said
        assert "DATABASE_URL" in said


def test_an_outside_database_that_does_not_answer(refusal):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = refusal(DATABASE_URL=f"postgresql://ada@127.0.0.1:{port}/plaza")
    assert str(port) in said


@pytest.mark.anyio
async def test_an_outside_database_that_is_too_old(refusal, dsn):
    async with Wire(dsn, major=b"15") as old:
        said = await asyncio.to_thread(refusal, DATABASE_URL=old.dsn)
    assert "PostgreSQL 15 is too old: 16 or newer." in said
