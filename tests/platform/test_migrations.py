"""The database's shape goes up, down and up again, one step at a time, or says why not."""

import asyncio
import secrets
import threading

import asyncpg
import pytest

from plaza.platform import migrations
from plaza.platform.database import Database
from plaza.platform.migrated import Migrated
from plaza.platform.migrations import State
from plaza.platform.pool import open_pool
from plaza.platform.starting import CannotStart
from tests.platform.wire import Wire
from tests.servers import execute, named

SHAPE = """
select table_schema, table_name, column_name, data_type, is_nullable, column_default,
       null as definition
  from information_schema.columns
 where table_schema !~ '^pg_' and table_schema <> 'information_schema'
union all
select schemaname, tablename, indexname, null, null, null, indexdef from pg_indexes
 where schemaname !~ '^pg_'
union all
select connamespace::regnamespace::text, conrelid::regclass::text, conname, null, null, null,
       pg_get_constraintdef(oid)
  from pg_constraint where connamespace::regnamespace::text !~ '^pg_|^information_schema$'
order by 1, 2, 3, 7
"""


@pytest.fixture
def empty(servers):
    """The DSN of a database nobody has touched."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(execute(servers.postgres, f"create database {name}"))
    yield named(servers.postgres, name)
    asyncio.run(execute(servers.postgres, f"drop database {name} with (force)"))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "0001_first", "create table one (a int);", "drop table one;")
    write(tmp_path, "0002_second", "create table two (a int);", "drop table two;")
    return tmp_path


def write(folder, label, up, down="select 1;"):
    (folder / f"{label}.up.sql").write_text(up)
    (folder / f"{label}.down.sql").write_text(down)


def ask(dsn, sql):
    async def fetch():
        session = await asyncpg.connect(dsn)
        try:
            return [tuple(row) for row in await session.fetch(sql)]
        finally:
            await session.close()

    return asyncio.run(fetch())


def tables(dsn):
    sql = "select relname::text from pg_class where relname in ('one', 'two', 'three') order by 1"
    return [name for (name,) in ask(dsn, sql)]


def test_ours_go_up_down_one_by_one_and_up_to_the_same_shape(empty):
    labels = [each.label for each in migrations.files()]
    assert migrations.up(empty) == labels
    shape = ask(empty, SHAPE)
    shapes = {}
    for place in range(len(labels), 0, -1):
        assert migrations.down(empty) == [labels[place - 1]]
        shapes[place - 1] = ask(empty, SHAPE)
    assert {row[0] for row in shapes[0]} == {"platform"}
    assert {row[1].removeprefix("platform.") for row in shapes[0]} == {"migration"}
    for place in range(1, len(labels)):
        assert migrations.up(empty, to=place) == [labels[place - 1]]
        assert ask(empty, SHAPE) == shapes[place]
    assert migrations.up(empty) == [labels[-1]]
    assert ask(empty, SHAPE) == shape


def test_up_applies_what_is_pending_and_says_so(empty, folder):
    said = []
    assert migrations.up(empty, to=1, folder=folder, say=said.append) == ["0001_first"]
    assert (tables(empty), said) == (["one"], ["0001_first"])
    assert migrations.up(empty, folder=folder) == ["0002_second"]
    assert migrations.up(empty, folder=folder) == []
    assert tables(empty) == ["one", "two"]


def test_down_takes_back_the_newest_first(empty, folder):
    migrations.up(empty, folder=folder)
    assert migrations.down(empty, folder=folder) == ["0002_second"]
    assert migrations.down(empty, 9, folder=folder) == ["0001_first"]
    assert migrations.down(empty, folder=folder) == []
    assert tables(empty) == []


def test_status_tells_each_and_changes_nothing(empty, folder):
    def states():
        return [(each.label, each.state) for each in migrations.status(empty, folder=folder)]

    assert states() == [("0001_first", State.PENDING), ("0002_second", State.PENDING)]
    assert ask(empty, "select 1 from pg_namespace where nspname = 'platform'") == []
    migrations.up(empty, to=1, folder=folder)
    assert states() == [("0001_first", State.APPLIED), ("0002_second", State.PENDING)]
    migrations.up(empty, folder=folder)
    write(folder, "0001_first", "create table changed (a int);")
    for file in folder.glob("0002*"):
        file.unlink()
    assert states() == [("0001_first", State.CHANGED), ("0002_second", State.UNKNOWN)]


def test_a_migration_that_fails_changes_nothing_and_those_before_it_stay(empty, folder):
    write(folder, "0003_third", "create table three (a int); select 1 / 0;")
    with pytest.raises(
        CannotStart, match="0003_third failed and changed nothing: division by zero"
    ):
        migrations.up(empty, folder=folder)
    assert tables(empty) == ["one", "two"]
    write(folder, "0003_third", "create table three (a int);")
    assert migrations.up(empty, folder=folder) == ["0003_third"]


def test_a_changed_file_is_refused(empty, folder):
    migrations.up(empty, folder=folder)
    write(folder, "0001_first", "create table one (a bigint);")
    for act in (migrations.up, migrations.down):
        with pytest.raises(CannotStart, match="0001_first was changed after it was applied"):
            act(empty, folder=folder)


def test_ends_of_lines_do_not_count_as_a_change(empty, folder):
    write(folder, "0001_first", "create table one (\na int);\n")
    migrations.up(empty, folder=folder)
    (folder / "0001_first.up.sql").write_bytes(b"create table one (\r\na int);\r\n")
    assert migrations.up(empty, folder=folder) == []


def test_a_newer_database_is_refused(empty, folder):
    migrations.up(empty, folder=folder)
    for file in folder.glob("0002*"):
        file.unlink()
    with pytest.raises(CannotStart, match="0002_second, which is not here"):
        migrations.up(empty, folder=folder)


def test_a_number_that_was_passed_over_is_refused(empty, folder):
    migrations.up(empty, folder=folder)
    asyncio.run(execute(empty, "delete from platform.migration where number = 1"))
    with pytest.raises(CannotStart, match="never got migration 0001"):
        migrations.up(empty, folder=folder)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("0004_gap.up.sql 0004_gap.down.sql", "0003 is missing"),
        ("0002_double.up.sql 0002_double.down.sql", "0003 is missing or doubled"),
        ("0003_alone.up.sql", "only one of its files"),
        ("third.sql", "is not called"),
        ("0003_Third.up.sql", "is not called"),
    ],
)
def test_files_that_are_not_in_order_are_refused(folder, name, why):
    for each in name.split():
        (folder / each).write_text("select 1;")
    with pytest.raises(CannotStart, match=why):
        migrations.files(folder)


def test_no_files_at_all_are_refused(tmp_path):
    with pytest.raises(CannotStart, match="no migrations"):
        migrations.files(tmp_path)


def test_new_makes_the_next_two_and_never_overwrites(folder):
    made = migrations.new("third", folder=folder)
    assert [path.name for path in made] == ["0003_third.up.sql", "0003_third.down.sql"]
    assert [each.label for each in migrations.files(folder)][-1] == "0003_third"
    with pytest.raises(CannotStart, match="small letters"):
        migrations.new("Add Likes", folder=folder)


def test_a_lock_somebody_holds_is_waited_for_briefly(empty, folder, monkeypatch):
    monkeypatch.setattr(migrations, "LIMITS", "set local lock_timeout = '50ms'")
    migrations.up(empty, to=1, folder=folder)
    write(folder, "0002_second", "alter table one add b int;")

    async def while_held():
        session = await asyncpg.connect(empty)
        async with session.transaction():
            await session.execute("lock table one")
            with pytest.raises(CannotStart, match="held a lock"):
                await asyncio.to_thread(migrations.up, empty, folder=folder)
        await session.close()

    asyncio.run(while_held())
    assert migrations.up(empty, folder=folder) == ["0002_second"]


def test_of_many_who_start_at_once_one_migrates_and_the_others_wait(empty, folder):
    write(
        folder, "0002_second", "create table two (a int); select pg_sleep(0.2);", "drop table two"
    )
    done, errors = [], []

    def start():
        try:
            done.append(migrations.up(empty, folder=folder))
        except CannotStart as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert sorted(done) == [[], [], [], [], ["0001_first", "0002_second"]]


def test_who_migrates_for_too_long_is_named(empty, folder, monkeypatch):
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.0)

    async def while_locked():
        session = await asyncpg.connect(empty)
        await session.execute("select pg_advisory_lock($1, $2)", *migrations.LOCK)
        with pytest.raises(CannotStart, match="somebody else"):
            await asyncio.to_thread(migrations.up, empty, folder=folder)
        await session.close()

    asyncio.run(while_locked())


def test_a_database_that_is_not_there_is_one_sentence_without_its_password(tmp_path, folder):
    dsn = f"postgresql://ada:hunter2@/plaza?host={tmp_path}"
    with pytest.raises(CannotStart, match="DATABASE_URL") as refused:
        migrations.up(dsn, folder=folder)
    assert "hunter2" not in str(refused.value)


@pytest.mark.anyio
async def test_code_and_database_fit_when_the_database_is_not_older(database):
    newest = migrations.files()[-1]
    await Migrated(database, newest).check()
    async with database.reading() as connection:
        await connection.execute("insert into platform.migration values (9999, 'later', '')")
    await Migrated(database, newest).check()
    async with database.reading() as connection:
        await connection.execute("delete from platform.migration where number >= $1", newest.number)
    with pytest.raises(CannotStart, match=f"{newest.label}: plaza migrate up"):
        await Migrated(database, newest).check()
    async with database.reading() as connection:
        await connection.execute("delete from platform.migration")
    with pytest.raises(CannotStart, match="migrate up"):
        await Migrated(database, newest).check()


@pytest.mark.anyio
async def test_a_server_that_is_too_old_is_refused_before_anything_changes(empty):
    async with Wire(empty, major=b"15") as old:
        for change in (migrations.up, migrations.down):
            with pytest.raises(CannotStart, match=r"^PostgreSQL 15 is too old: 16 or newer\.$"):
                await asyncio.to_thread(change, old.dsn)
        async with open_pool(old.dsn, size=1) as pool:
            with pytest.raises(CannotStart, match="PostgreSQL 15 is too old"):
                await Migrated(Database(pool), migrations.files()[-1]).check()
    standings = await asyncio.to_thread(migrations.status, empty)
    assert {each.state for each in standings} == {State.PENDING}
