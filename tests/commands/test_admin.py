"""The first admin is made by whoever owns the machine."""

import os
import pty
import subprocess
import sys
from contextlib import suppress

import pytest

PASSWORD = "correct horse 9"


@pytest.fixture
def create(dsn, tmp_path):
    def run(*, username="root", email="root@example.org", password=PASSWORD):
        return subprocess.run(
            [
                *(sys.executable, "-m", "plaza.cli", "admin", "create", "--password-stdin"),
                *("--username", username, "--email", email),
            ],
            env={**os.environ, "DATABASE_URL": dsn, "PLAZA_DATA_DIR": str(tmp_path)},
            cwd=tmp_path,
            input=f"{password}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_an_admin_is_made_once_and_a_refusal_is_a_sentence(create):
    made = create()
    assert (made.returncode, made.stderr) == (0, "")
    assert "root" in made.stdout
    again = create()
    assert (again.returncode, again.stdout) == (1, "")
    assert "username" in again.stderr
    assert "email" in again.stderr
    for wrong, field in (
        ({"username": "r!"}, "username"),
        ({"email": "root"}, "email"),
        ({"password": "password"}, "password"),
    ):
        refused = create(**{"username": "other", "email": "other@example.org", **wrong})
        assert refused.returncode == 1
        assert refused.stderr.startswith(field)
        assert "Traceback" not in refused.stderr
        assert PASSWORD not in refused.stderr


@pytest.mark.parametrize("typed", [b"\x04", PASSWORD.encode() + b"\n\x04"], ids=["once", "twice"])
def test_an_end_where_a_password_is_asked_is_a_sentence(tmp_path, typed):
    """Ctrl-D, at a terminal."""
    words = ("admin", "create", "--username", "root", "--email", "root@example.org")
    terminal, theirs = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "plaza.cli", *words],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,  # so that it does not ask at the terminal of who runs the tests
    )
    os.close(theirs)
    said = b""
    for answer in typed.splitlines(keepends=True):
        while not said.endswith((b"Password: ", b"Once more: ")):
            said += os.read(terminal, 1024)
        said += b"|"
        os.write(terminal, answer)
    with suppress(OSError):  # a terminal that nobody has open any more
        while more := os.read(terminal, 1024):
            said += more
    os.close(terminal)
    assert asking.wait(60) == 1
    assert b"Traceback" not in said
    assert b"No password was given, and nothing was made." in said
    assert PASSWORD.encode() not in said
