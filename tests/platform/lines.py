"""A context that exists in tests only: people write lines and take names."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from plaza.platform.caller import Claim
from plaza.platform.events import Event
from plaza.platform.ids import UserId
from plaza.platform.problems import Kind, Problem
from plaza.platform.sql import bind

SCHEMA = """
create schema lines;
create table lines.line (
    id        uuid primary key,
    author_id uuid not null,
    words     text not null check (length(words) <= 20),
    mood      text not null,
    note      text,
    at        timestamptz not null default now()
);
create table lines.name (id uuid primary key, name text not null unique);
"""


class Mood(Enum):
    GLAD = "glad"
    SAD = "sad"


class Line(Struct, frozen=True):
    id: UUID
    author_id: UserId
    words: Annotated[str, Meta(max_length=20)]
    mood: Mood
    at: Annotated[datetime, Meta(tz=True)]


class LineRow(Struct, frozen=True):
    id: UUID
    author_id: UserId
    words: str
    mood: Mood = Mood.GLAD


class NameRow(Struct, frozen=True):
    id: UUID
    name: str


class Answer(Struct, frozen=True):
    id: UUID
    words: str


class LineWritten(Event, frozen=True, kw_only=True):
    topic = "lines.written"

    line_id: UUID

    @property
    def key(self):
        return self.line_id


class NameTaken(Problem):
    kind, code, title = Kind.CONFLICT, "lines.name_taken", "Somebody else is called so"


class LineQueries(Protocol):
    async def insert(self, line: UUID, author_id: UserId, words: str, mood: Mood) -> None: ...

    async def find(self, ids: Sequence[UUID]) -> list[Line]: ...

    async def one(self, line: UUID) -> Line | None: ...

    async def sure(self, line: UUID) -> Line: ...

    async def ids_of(self, author_id: UserId) -> list[UUID]: ...

    async def count(self, author_id: UserId) -> int: ...

    async def said(self, line: UUID) -> bool: ...

    async def words_of(self, line: UUID) -> str | None: ...

    async def change(
        self, *, line: UUID, set_words: bool, words: str | None, set_note: bool, note: str | None
    ) -> str | None: ...

    async def echo(self, given: Any) -> Any: ...


queries = bind(LineQueries, Path(__file__).with_name("lines.sql"))
insert_many = queries.writing("insert_many", LineRow)
take_names = queries.writing("take_names", NameRow)

LEFT = """
select (select count(*) from lines.line where id = any($1)),
       (select count(*) from platform.outbox where key = any($1)),
       (select count(*) from platform.audit where subject = any($1))
"""


def claim_of(person, key="k", body=b"body"):
    return Claim(scope=person.bytes, operation="lines.write", key=key, request_hash=body)


async def left(database, *ids):
    """How many rows, events and audit lines there are of them."""
    async with database.reading() as connection:
        return tuple(await connection.fetchrow(LEFT, ids))
