"""`plaza doctor` tells in a sentence what is wrong, and by its exit code that something is."""

import asyncio
import re

import pytest

from plaza.cli import app
from plaza.platform.database import Database
from plaza.platform.pool import open_pool
from plaza.platform.sealing import Sealer
from plaza.platform.starting import CannotStart
from plaza.settings import table
from tests.servers import execute

NOBODY = "127.0.0.1:1"


@pytest.fixture
def examined(capsys, monkeypatch, tmp_path):
    """The doctor's lines by part, and whether all was well."""
    monkeypatch.chdir(tmp_path)
    for setting in table():
        for name in setting.names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLAZA_DATA_DIR", str(tmp_path / "data"))

    def run(*words, **settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        well = True
        try:
            app(["doctor", *words], result_action="return_value")
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
        (
            "data",
            "keys",
            "database",
            "migrations",
            "cache",
            "broker",
            "jobs",
            "periodic",
            "audit",
        ),
        True,
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


JOBS = (
    "insert into platform.job (id, lane, kind, payload, due_at, dead_at)"
    " values (gen_random_uuid(), 'mail', 'tests.work', '{}', now() - interval '90 s', null),"
    " (gen_random_uuid(), 'mail', 'tests.work', '{}', now() + interval '1 h', null),"
    " (gen_random_uuid(), 'mail', 'tests.work', '{}', now(), now());"
)
SWEEP = (
    "insert into platform.periodic (name, every, due_at, ended_at, done)"
    " values ('tests.sweep', '1 h', now(), '2026-01-02 03:04:05Z', 7)"
)


def test_what_waits_and_how_periodic_work_went_is_told(examined, dsn):
    parts, _ = examined(DATABASE_URL=dsn)
    assert parts["jobs"] == (True, "none wait")
    asyncio.run(
        execute(
            dsn,
            JOBS + SWEEP,
        )
    )
    parts, _ = examined()
    assert parts["jobs"][1].startswith("mail: 2 wait, the first is due for 9")
    assert parts["jobs"][1].endswith(" s, 1 given up")
    assert parts["periodic"] == (True, "1 works, the last ended 02 Jan 03:04 UTC")
    asyncio.run(execute(dsn, "update platform.periodic set error = 'OSError: no room'"))
    parts, well = examined()
    assert parts["periodic"] == (
        False,
        "tests.sweep failed (02 Jan 03:04 UTC): OSError: no room",
    )
    assert not well


ACT = (
    "insert into platform.audit (id, at, actor, act, detail, request_id)"
    " values (gen_random_uuid(), now(), 'ada', 'tests.did', '{}', '')"
)


async def seal(dsn):
    async with open_pool(dsn, size=1) as pool:
        return await Sealer(Database(pool)).seal()


def test_the_audit_is_looked_at_and_so_is_what_one_noted_of_it(examined, dsn):
    asyncio.run(execute(dsn, f"{ACT}; {ACT}"))
    asyncio.run(seal(dsn))
    asyncio.run(execute(dsn, ACT))
    holds, said = examined(DATABASE_URL=dsn)[0]["audit"]
    assert holds
    lines, _, noted = said.rpartition(" ")
    assert lines == "2 lines hold, 1 more wait; note"
    assert examined("--audit-head", noted)[0]["audit"] == (True, said)
    _, cut = examined("--audit-head", noted.replace("2:", "9:"))[0]["audit"]
    assert cut.startswith("The chain ends at line 2, and once had 9.")
    asyncio.run(
        execute(
            dsn,
            "alter table platform.audit disable trigger user;"
            " update platform.audit set actor = 'bob' where seq = 2",
        )
    )
    parts, well = examined()
    assert parts["audit"][1].startswith("Line 2 (")
    assert not well


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        ("2", "It is <number>:<hash>"),
        ("two:" + "ab" * 32, "It is <number>:<hash>"),
        ("2:" + "xy" * 32, "It is <number>:<hash>"),
        ("1:abcd", "The hash has 4 characters of 64: copy all of it."),
    ],
)
def test_what_is_no_head_of_the_audit_is_told_why(noted, told):
    with pytest.raises(
        CannotStart, match=re.escape(f"--audit-head is not what doctor printed. {told}")
    ):
        app(["doctor", "--audit-head", noted], result_action="return_value")
