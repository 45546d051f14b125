"""Named SQL behind a Protocol: what it promises, and what it refuses at start-up."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

import asyncpg
import msgspec
import pytest
from msgspec import Struct

from plaza.platform.ids import uuid7
from plaza.platform.sql import bind, read, statements
from tests.platform.lines import Line, LineQueries, Mood, queries

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ask(lines):
    async with lines.reading() as connection:
        yield queries(connection)


async def test_rows_come_as_structs_in_the_order_of_the_statement(ask, ada):
    first, second = uuid7(), uuid7()
    await ask.insert(first, ada, "b", Mood.SAD)
    await ask.insert(second, ada, "a", Mood.GLAD)
    found = await ask.find([first, second])
    assert [type(each) for each in found] == [Line, Line]
    assert [(each.words, each.mood) for each in found] == [("a", Mood.GLAD), ("b", Mood.SAD)]
    assert found[0].at.tzinfo is not None
    assert await ask.find([]) == []


async def test_ids_are_uuids_that_compare_hash_and_encode(ask, ada):
    given = uuid7()
    await ask.insert(given, ada, "hi", Mood.GLAD)
    (got,) = await ask.ids_of(ada)
    assert isinstance(got, UUID)
    assert (got == given, hash(got) == hash(given), {given: 1}[got]) == (True, True, 1)
    assert msgspec.json.encode(got) == msgspec.json.encode(given)


async def test_scalars_nothing_and_what_may_be_missing(ask, ada):
    given = uuid7()
    assert await ask.insert(given, ada, "hi", Mood.GLAD) is None
    assert (await ask.count(ada), await ask.said(given), await ask.said(uuid7())) == (
        1,
        True,
        False,
    )
    assert (await ask.one(given)).words == await ask.words_of(given) == "hi"
    assert await ask.one(uuid7()) is None
    assert await ask.words_of(uuid7()) is None


async def test_a_row_that_must_be_there_and_is_not_is_a_bug(ask):
    with pytest.raises(msgspec.ValidationError):
        await ask.sure(uuid7())


async def test_a_row_that_breaks_its_struct_is_a_bug(ask, ada):
    given = uuid7()
    await ask.connection.execute(
        "insert into lines.line (id, author_id, words, mood) values ($1, $2, 'x', 'cross')",
        given,
        ada,
    )
    with pytest.raises(msgspec.ValidationError, match="cross"):
        await ask.one(given)


async def test_a_row_that_breaks_its_struct_takes_no_other_row_with_it(ask, ada):
    good, bad = uuid7(), uuid7()
    for given, mood in ((good, "glad"), (bad, "cross")):
        await ask.connection.execute(
            "insert into lines.line (id, author_id, words, mood) values ($1, $2, 'x', $3)",
            given,
            ada,
            mood,
        )
    assert [line.id for line in await ask.find([good, bad])] == [good]


async def test_a_column_can_be_set_set_to_null_or_left_alone(ask, ada):
    line = uuid7()
    await ask.insert(line, ada, "hi", Mood.GLAD)
    alone = {"set_words": False, "words": None, "line": line}
    assert await ask.change(set_note=True, note="n", **alone) == "n"
    assert await ask.change(set_note=False, note=None, **alone) == "n"
    assert await ask.change(set_note=True, note=None, **alone) is None
    assert await ask.words_of(line) == "hi"


@pytest.mark.parametrize("given", [None, [], {"a": [1, "ü", None]}, "text", 1.5])
async def test_json_is_what_msgspec_says(ask, given):
    assert await ask.echo(given) == given


async def test_json_may_be_a_struct_with_times_and_ids(ask, ada):
    line = Line(uuid7(), ada, "hi", Mood.SAD, datetime(2026, 1, 2, 3, 4, 5, 6, UTC))
    assert msgspec.convert(await ask.echo(line), Line) == line


async def test_a_call_that_does_not_fit_says_so_before_anything_is_sent(ask):
    with pytest.raises(TypeError, match="missing"):
        await ask.one(identity=uuid7())
    with pytest.raises(TypeError, match="too many"):
        await ask.one(uuid7(), uuid7())


def test_a_name_in_a_text_or_a_comment_is_no_parameter():
    by_name = {name: sql for file, name, sql in statements(Path(__file__).parent)}
    assert "':count is -- no comment'" in by_name["said"]
    assert "--" not in by_name["change"]
    assert "$1" in by_name["said"]
    assert "$2" not in by_name["said"]


class Ask(Protocol):
    async def ask(self, name: str) -> None: ...


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("-- name: tell\nselect :name", "differ"),
        ("-- name: ask\nselect :nmae", "SQL takes"),
        ("-- name: ask\nselect 1", "SQL takes"),
        ("-- name: ask\nselect :name;\n-- name: ask\nselect :name;", "two statements"),
        ("-- name: ask\nselect :name;\n-- name: more\nselect 1;", "more"),
    ],
)
def test_file_and_protocol_must_agree(tmp_path, sql, why):
    file = tmp_path / "queries.sql"
    file.write_text(sql)
    with pytest.raises(TypeError, match=why):
        bind(Ask, file)


class Nothing(Protocol):
    pass


class Row(Struct):
    id: UUID
    words: str


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select :id::uuid[] order by 1", "takes"),
        ("select :id::uuid[], :words::text[], :more::text[] order by 1", "takes"),
        ("select :id::uuid[], :words::text[]", "in order"),
    ],
)
def test_a_writers_rows_must_agree_and_be_taken_in_order(tmp_path, sql, why):
    file = tmp_path / "queries.sql"
    file.write_text(f"-- name: put (writer)\n{sql};\n")
    with pytest.raises(TypeError, match=why):
        bind(Nothing, file).writing("put", Row)


def test_a_writer_statement_needs_no_method():
    names = {block.name: block.writer for block in read(Path(__file__).with_name("lines.sql"))}
    assert names["insert_many"]
    assert not hasattr(LineQueries, "insert_many")


async def test_what_statements_yields_postgres_prepares(lines):
    ours = [*statements(), *statements(Path(__file__).parent)]
    assert {"write", "announce", "reach", "insert_many"} <= {name for _, name, _ in ours}
    async with lines.reading() as connection:
        for file, name, sql in ours:
            try:
                await connection.prepare(sql)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{file} {name}: {error}")
