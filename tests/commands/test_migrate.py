"""`plaza migrate` changes the database of the settings, or the data folder's own."""

import asyncio
import secrets

import pytest

from plaza.cli import app
from plaza.platform import migrations
from plaza.platform.starting import CannotStart
from plaza.settings import table
from tests.servers import execute, named


@pytest.fixture
def typed(capsys, monkeypatch, tmp_path):
    """What a command prints, away from this folder's .env."""
    monkeypatch.chdir(tmp_path)
    for setting in table():
        for name in setting.names:
            monkeypatch.delenv(name, raising=False)

    def run(*words):
        app(("migrate", *words), result_action="return_value")
        return capsys.readouterr().out

    return run


@pytest.fixture
def outside(servers, monkeypatch, typed):
    """A database of an outside server, named by the settings."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(execute(servers.postgres, f"create database {name}"))
    monkeypatch.setenv("DATABASE_URL", named(servers.postgres, name))
    yield typed
    asyncio.run(execute(servers.postgres, f"drop database {name} with (force)"))


LABELS = [each.label for each in migrations.files()]


def test_up_down_and_status_tell_what_they_did(outside):
    assert outside("status").count("pending") == len(LABELS)
    assert outside("up", "--to", "1").splitlines() == [LABELS[0], "1 applied"]
    assert outside("up").splitlines() == [*LABELS[1:], f"{len(LABELS) - 1} applied"]
    assert outside("up").splitlines() == ["nothing to do"]
    assert outside("status").count("applied") == len(LABELS)
    assert outside("down", "--steps", "2").splitlines() == [*LABELS[:-3:-1], "2 taken back"]


def test_without_an_outside_server_it_is_the_data_folders_own(typed, monkeypatch, tmp_path):
    monkeypatch.setenv("PLAZA_DATA_DIR", str(tmp_path / "data"))
    assert typed("up").splitlines() == [*LABELS, f"{len(LABELS)} applied"]
    assert typed("status").count("applied") == len(LABELS)


def test_new_makes_two_files_of_the_next_number(typed, monkeypatch, tmp_path):
    (tmp_path / "0001_first.up.sql").write_text("select 1;")
    (tmp_path / "0001_first.down.sql").write_text("select 1;")
    monkeypatch.setattr(migrations.new, "__kwdefaults__", {"folder": tmp_path})
    files = [tmp_path / f"0002_likes.{way}.sql" for way in ("up", "down")]
    assert typed("new", "likes").splitlines() == [str(file) for file in files]
    assert [file.read_text() for file in files] == ["", ""]
    with pytest.raises(CannotStart, match="small letters"):
        typed("new", "Likes!")
