"""`plaza seed` as one types it."""

import asyncio
import os
import secrets
import subprocess
import sys

import asyncpg
import pytest

from plaza.commands.seed import seed as command
from plaza.platform.starting import CannotStart
from tests.servers import TEMPLATE, execute, named

SMALL = ("--users", "15", "--posts-per-user", "4", "--seed", "7")
THEN = ("--until", "2026-01-31T12:00:00Z")
TABLES = {
    "accounts.account": "password_hash",
    "people.profile": "",
    "people.follow": "",
    "posts.post": "",
    "posts.comment": "",
}
"""What is seeded, and the column that differs: a hash is salted each time."""

SUM = "select md5(string_agg(line, ' ' order by line)) from (select (to_jsonb(t) - '{}')::text as line from {} t) t"  # noqa: E501


@pytest.fixture
def seed(tmp_path):
    def run(dsn, *words, **settings):
        return subprocess.run(
            [sys.executable, "-m", "plaza.cli", "seed", *words],
            env={
                **os.environ,
                "DATABASE_URL": dsn,
                "PLAZA_DATA_DIR": str(tmp_path),
                "PASSWORD_MEMORY_KIB": "64",
                "PASSWORD_PASSES": "1",
                **settings,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def another(servers):
    """One more empty database."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(execute(servers.postgres, f"create database {name} template {TEMPLATE}"))
    yield named(servers.postgres, name)
    asyncio.run(execute(servers.postgres, f"drop database {name} with (force)"))


def sums(dsn):
    """Of all that is in the tables, whatever its order."""

    async def ask():
        session = await asyncpg.connect(dsn)
        try:
            return [
                await session.fetchval(SUM.format(column, table))
                for table, column in TABLES.items()
            ]
        finally:
            await session.close()

    return asyncio.run(ask())


def test_the_same_words_make_the_same_rows_to_the_byte(dsn, another, seed):
    """In two processes, on two databases; and the second time nothing."""
    made = [seed(each, *SMALL, *THEN) for each in (dsn, another)]
    assert [(each.returncode, each.stderr) for each in made] == [(0, ""), (0, "")]
    assert made[0].stdout == made[1].stdout
    assert "15 people" in made[0].stdout
    assert "60 posts" in made[0].stdout
    assert sums(dsn) == sums(another)
    before = sums(dsn)
    again = seed(dsn, *SMALL)
    assert again.returncode == 0
    assert "were there already" in again.stdout
    assert again.stdout.splitlines()[1] == made[0].stdout.splitlines()[1]
    assert sums(dsn) == before


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"users": 0}, "--users is a number from 1 to"),
        ({"users": -3}, "--users is a number from 1 to"),
        ({"users": 10**9}, "--users is a number from 1 to"),
        ({"posts_per_user": -1}, "--posts-per-user is 0 or more"),
        ({"users": 10**5, "posts_per_user": 1000}, "at most 10,000,000 posts in all"),
        ({"seed": -1}, "--seed is a number from 0 to"),
        ({"seed": 2**31}, "--seed is a number from 0 to"),
        ({"until": "tomorrow"}, "--until is a time such as"),
        ({"until": "2999-01-01"}, "that has come already"),
        ({"until": "1970-01-01"}, "that has come already"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "--until is a time such as"),
    ],
)
def test_what_nobody_can_mean_is_refused(monkeypatch, tmp_path, wish, sentence):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotStart, match=sentence):
        command(**wish)


def test_a_refusal_is_one_sentence_and_touches_no_database(seed):
    refused = seed("postgresql://nobody@127.0.0.1:1/never", "--users", "0")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "--users is a number from 1 to 100,000.\n"


def test_production_wants_to_be_asked_for(dsn, seed):
    production = {
        "ENVIRONMENT": "production",
        "PUBLIC_URL": "https://plaza.example",
        "MAIL_URL": "smtp://mail.plaza.example",
        "PASSWORD_MEMORY_KIB": "19456",
        "PASSWORD_PASSES": "2",
    }
    words = ("--users", "2", "--posts-per-user", "1")
    refused = seed(dsn, *words, **production)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--in-production" in refused.stderr
    meant = seed(dsn, *words, "--in-production", **production)
    assert (meant.returncode, meant.stderr) == (0, "")
