"""The first admin is made by whoever owns the machine."""

import os
import subprocess
import sys

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
