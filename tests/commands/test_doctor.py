"""`plaza doctor` tells in a sentence what is wrong, and by its exit code that something is."""

import pytest

from plaza.cli import app
from plaza.settings import table

NOBODY = "127.0.0.1:1"


@pytest.fixture
def examined(capsys, monkeypatch, tmp_path):
    """The doctor's lines by part, and whether all was well."""
    monkeypatch.chdir(tmp_path)
    for setting in table():
        for name in setting.names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLAZA_DATA_DIR", str(tmp_path / "data"))

    def run(**settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        well = True
        try:
            app(["doctor"], result_action="return_value")
        except SystemExit as end:
            well = end.code == 0
        lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
        return {part: (word == "ok", said) for word, part, said in lines}, well

    return run


def test_on_a_fresh_machine_all_is_well(examined, servers):
    parts, well = examined(
        REDIS_URL=servers.valkey,
        NATS_URL=servers.nats,
    )
    assert {part: holds for part, (holds, _) in parts.items()} == dict.fromkeys(
        ("data", "keys", "database", "migrations", "cache", "broker"), True
    )
    assert well


def test_a_server_without_fsync_is_no_place_for_data(examined, dsn):
    parts, well = examined(DATABASE_URL=dsn)
    assert parts["database"] == (
        False,
        "fsync is off: a power cut would lose what was acknowledged.",
    )
    assert parts["migrations"][0]
    assert not well


def test_servers_that_do_not_answer_are_named_with_their_setting(examined):
    parts, well = examined(
        DATABASE_URL=f"postgresql://ada@{NOBODY}/plaza",
        REDIS_URL=f"redis://{NOBODY}",
        NATS_URL=f"nats://{NOBODY}",
    )
    for part, setting in (
        ("database", "DATABASE_URL"),
        ("cache", "REDIS_URL"),
        ("broker", "NATS_URL"),
    ):
        holds, said = parts[part]
        assert not holds
        assert said.endswith(f"see {setting}.")
    assert not well


def test_keys_that_others_may_read_are_wrong(examined, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    keys.chmod(0o644)
    parts, well = examined(JWT_KEYS=str(keys))
    assert parts["keys"] == (False, f"{keys} may be read by others: chmod 600 {keys}.")
    assert not well
