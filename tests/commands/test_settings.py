"""`plaza settings` shows what is in force, and no secret."""

import pytest

from plaza.cli import app
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


def test_each_is_shown_as_it_is_in_force(typed, monkeypatch):
    monkeypatch.setenv("PLAZA_PORT", "4321")
    assert "4321" in typed("settings")


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
