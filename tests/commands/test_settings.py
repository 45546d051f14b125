"""`plaza settings` shows what is in force, and no secret."""

import pytest

from plaza.cli import app
from plaza.platform.starting import CannotStart
from plaza.settings import table


@pytest.fixture
def typed(capsys, monkeypatch, tmp_path):
    """What a command prints."""
    monkeypatch.chdir(tmp_path)
    for setting in table():
        for name in setting.names:
            monkeypatch.delenv(name, raising=False)

    def run(*words):
        app(words, result_action="return_value")
        return capsys.readouterr().out

    return run


def cells(shown, name):
    """What stands right of a name, in its first line."""
    (row,) = [line for line in shown.splitlines() if f" {name} " in line]
    return [cell.strip() for cell in row.split(name)[1].split("│")[1:]]


def test_each_is_shown_as_it_is_in_force(typed, monkeypatch):
    monkeypatch.setenv("PLAZA_PORT", "4321")
    assert cells(typed("settings"), "PORT")[:2] == ["8000", "4321"]
    assert cells(typed("settings"), "WORKERS")[:2] == ["1", ""]


def test_who_is_refused_sees_what_there_is(typed, monkeypatch, capsys):
    monkeypatch.setenv("WORKERS", "many")
    with pytest.raises(CannotStart, match="WORKERS"):
        typed("settings")
    assert cells(capsys.readouterr().out, "WORKERS")[0] == "1"


def test_a_secret_is_not_shown(typed, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:hunter2@db/plaza")
    assert "hunter2" not in typed("settings")
    assert "(hidden)" in typed("settings")


def test_the_example_changes_nothing_when_copied(typed, tmp_path):
    example = typed("settings", "example")
    before = typed("settings")
    (tmp_path / ".env").write_text(example)
    assert typed("settings") == before


def test_the_example_names_every_setting_as_it_is_read(typed):
    example = typed("settings", "example")
    for setting in table():
        assert f"\n#{setting.names[0]}={setting.default}\n" in example
