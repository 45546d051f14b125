"""Named SQL behind a Protocol: the .sql file is the body, the Protocol is the signature."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    NamedTuple,
    NewType,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import asyncpg
import msgspec
import structlog
from msgspec import Struct

log = structlog.get_logger()

Q = TypeVar("Q")
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Statement = Callable[[Connection, Sequence[object]], Awaitable[Any]]

PACKAGE = Path(__file__).parents[1]
NAME = re.compile(r"^-- name: (\w+)( \(writer\))?[ \t]*$", re.MULTILINE)
COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*")
PARAMETER = re.compile(r"('(?:[^']|'')*')|(?<![:\w]):([a-z][a-z0-9_]*)")


class Block(NamedTuple):
    """One `-- name:` of a file; `text` has neither its comments nor the semicolon."""

    name: str
    text: str
    writer: bool


class Writing(NamedTuple):
    """What a Writer inserts: `text` takes a set `fresh (id)` and one array per field of `row`."""

    name: str
    text: str
    row: type[Struct]


class Bound(Generic[Q]):
    """The statements of one file. Calling it with a connection gives the Protocol."""

    def __init__(self, queries: type[Q], file: Path) -> None:
        blocks = {block.name: block for block in read(file)}
        methods = {n: m for n, m in vars(queries).items() if inspect.iscoroutinefunction(m)}
        plain = {name for name, block in blocks.items() if not block.writer}
        if plain != methods.keys():
            different = sorted(plain ^ methods.keys())
            raise TypeError(f"{file} and {queries.__name__} differ: {different}")
        calls = {name: _method(methods[name], blocks[name].text) for name in plain}
        self._face: Callable[[Any], Q] = type(
            queries.__name__, (_Face,), {"__slots__": (), **calls}
        )
        self._file = file
        self._writers = {name: block.text for name, block in blocks.items() if block.writer}

    def __call__(self, connection: "Connection | asyncpg.Connection[asyncpg.Record]") -> Q:
        return self._face(connection)

    def writing(self, name: str, row: type[Struct]) -> Writing:
        """The `(writer)` statement of that name, for rows whose fields are its parameters.

        Raises TypeError where they differ, where a row has no id to be matched by, and where the
        rows are not taken in order: two processes would deadlock.
        """
        text = self._writers[name]
        columns = row.__struct_fields__
        if set(columns) != set(parameters(text)) or "id" not in columns:
            raise TypeError(f"{self._file}: {name} takes {parameters(text)}, {row} has {columns}")
        if "order by" not in text:
            raise TypeError(f"{self._file}: {name} must take its rows in order")
        return Writing(f"{self._file.parent.name}.{name}", text, row)


def bind(queries: type[Q], file: Path) -> Bound[Q]:
    """Pair every method with its statement; refuse to start if they disagree.

    A method's result says what is asked for: None (nothing), a list, or one row, which may be
    missing if the type has None in it. A row is a Struct, by the names of the columns, or the
    value of the only column.
    """
    return Bound(queries, file)


def read(file: Path) -> Iterator[Block]:
    """Raises TypeError where a name stands twice."""
    seen = set()
    _, *parts = NAME.split(file.read_text(encoding="utf-8"))
    for name, writer, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if name in seen:
            raise TypeError(f"{file} has two statements named {name}")
        seen.add(name)
        bare = COMMENT.sub(lambda found: found[1] or "", text).strip().removesuffix(";").rstrip()
        yield Block(name, bare, bool(writer))


def statements(folder: Path = PACKAGE) -> Iterator[tuple[Path, str, str]]:
    """Every statement below the folder as (file, name, SQL that PREPARE takes)."""
    for file in sorted(folder.rglob("*.sql")):
        for name, text, writer in read(file):
            sql = numbered(text, parameters(text), 0)
            if writer:
                fresh = "select null::uuid where false"
                sql = f"with fresh (id) as ({fresh}), written as ({sql}) select id from written"  # noqa: S608
            yield file, name, sql


class _Face:
    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection


def parameters(text: str) -> tuple[str, ...]:
    """The `:names` of a statement, in the order of their first use."""
    return tuple(dict.fromkeys(found[2] for found in PARAMETER.finditer(text) if found[2]))


def numbered(text: str, names: Sequence[str], after: int) -> str:
    """The text with `$n` for its `:names`, counting on after `after`."""

    def number(found: re.Match[str]) -> str:
        return found[1] or f"${after + 1 + names.index(found[2])}"

    return PARAMETER.sub(number, text)


def _method(method: Callable[..., Any], text: str) -> Callable[..., Awaitable[Any]]:
    signature = inspect.signature(method)
    names = list(signature.parameters)[1:]
    if set(names) != set(parameters(text)):
        raise TypeError(f"{method.__qualname__} takes {names}, its SQL takes {parameters(text)}")
    hints = get_type_hints(method, include_extras=True)
    run = _statement(numbered(text, names, 0), hints["return"])
    enums = [i for i, name in enumerate(names) if is_enum(hints[name])]

    async def call(self: _Face, *args: object, **kwargs: object) -> Any:
        if kwargs or len(args) != len(names):
            args = tuple(signature.bind(self, *args, **kwargs).arguments.values())[1:]
        if enums:
            args = tuple(a.value if isinstance(a, Enum) else a for a in args)
        return await run(self.connection, args)

    return call


def _statement(sql: str, result: Any) -> Statement:
    """How to ask for a result of this type, and to make it of what the driver returns."""
    if result in (None, NoneType):

        async def execute(connection: Connection, values: Sequence[object]) -> None:
            await connection.execute(sql, *values)

        return execute
    if get_origin(result) is list:
        item = get_args(result)[0]
        by_name = _is_struct(item)

        async def fetch(connection: Connection, values: Sequence[object]) -> Any:
            rows = await connection.fetch(sql, *values)
            plain = [dict(row) for row in rows] if by_name else [row[0] for row in rows]
            try:
                return msgspec.convert(plain, result)
            except msgspec.ValidationError:
                return list(_readable(plain, item))

        return fetch
    by_name = _is_struct(result)

    async def fetch_one(connection: Connection, values: Sequence[object]) -> Any:
        row = await connection.fetchrow(sql, *values)
        if row is None:
            return msgspec.convert(None, result)
        return msgspec.convert(dict(row) if by_name else row[0], result)

    return fetch_one


def _readable(rows: Iterable[object], kind: Any) -> Iterator[Any]:
    """Without the rows of an older shape, which must not take those beside them along."""
    for row in rows:
        try:
            yield msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            log.error("a row is not of its type", type=str(kind), why=str(error))  # noqa: TRY400  # a row, no trace


def bare(hint: Any) -> Any:
    """The type below Annotated, NewType and `| None`."""
    if get_origin(hint) is Annotated:
        return bare(get_args(hint)[0])
    if isinstance(hint, NewType):
        return bare(hint.__supertype__)
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        return bare(parts[0]) if len(parts) == 1 else hint
    return hint


def _is_struct(hint: Any) -> bool:
    return isinstance(bare(hint), type) and issubclass(bare(hint), Struct)


def is_enum(hint: Any) -> bool:
    return isinstance(bare(hint), type) and issubclass(bare(hint), Enum)
