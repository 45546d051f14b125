"""Who may start Plaza where: every way this machine lets us try."""

import os
import shutil
import subprocess

import pytest

from tests.e2e.running import Running, using, wait_for

AS_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
"""An ordinary user without any right of root's, who owns our files: nothing must be chowned."""


def ways():
    """Root in an open and in a closed folder, and an ordinary user; or just who we are."""
    if os.geteuid() != 0:
        return {"user-0755": (0o755, ())}
    found = {"root-0755": (0o755, ()), "root-0700": (0o700, ())}
    if subprocess.run([*AS_USER, "true"], check=False, capture_output=True).returncode == 0:
        found["user-0700"] = (0o700, AS_USER)
    return found


@pytest.fixture(params=ways().values(), ids=ways().keys())
def way(request):
    return request.param


@pytest.fixture
def home(tmp_path):
    """A folder to start Plaza in."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def start(home):
    """Starts Plaza, also several times; what still runs at the end is killed."""
    started = []

    def begin(*words, **how):
        running = Running(home, *words, **how)
        started.append(running)
        return running

    yield begin
    for running in started:
        running.kill()
    wait_for(lambda: not using(home))
    for run in home.rglob("run"):
        shutil.rmtree(run.resolve(), ignore_errors=True)
