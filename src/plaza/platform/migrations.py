"""Change the database: numbered SQL files, each with its way back, each its own transaction.

For programs without an event loop: the command line, and what runs before the first request.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import asyncpg
from msgspec import Struct

from plaza.platform.server_version import refuse_old
from plaza.platform.starting import CannotStart

R = TypeVar("R")
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Say = Callable[[str], None]

FOLDER = Path(__file__).parents[3] / "migrations"
FILE = re.compile(r"(\d{4})_([a-z][a-z0-9_]*)\.(up|down)\.sql")

LOCK = (0x506C617A, 1)
"""Held by whoever migrates; of two integers, so that it meets no lock of one."""
LOCK_SECONDS = 60.0
LOOK_AGAIN = 0.1

# A migration waits 5 s for its locks at most: everybody else would queue behind it (PostgreSQL,
# explicit locking). How long it then works is its own affair.
LIMITS = "set local lock_timeout = '5s'; set local statement_timeout = 0;"

OWN_TABLE = """
create schema if not exists platform;
create table if not exists platform.migration (
    number     int primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default now()
)"""
APPLIED = "select number, name, checksum, applied_at from platform.migration order by number"
REMEMBER = "insert into platform.migration (number, name, checksum) values ($1, $2, $3)"
FORGET = "delete from platform.migration where number = $1"


class Migration(Struct, frozen=True):
    number: int
    name: str
    up: str
    down: str

    @property
    def label(self) -> str:
        return f"{self.number:04}_{self.name}"

    @property
    def checksum(self) -> str:
        """Of the way up, whatever the ends of lines are on this machine."""
        return hashlib.sha256(self.up.encode()).hexdigest()


class State(Enum):
    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed since it was applied"
    UNKNOWN = "applied, but there is no such file"


class Standing(Struct, frozen=True):
    label: str
    state: State
    applied_at: datetime | None


class _Applied(Struct, frozen=True):
    number: int
    name: str
    checksum: str
    applied_at: datetime


def _nobody_listens(_: str) -> None:
    pass


def up(
    dsn: str, to: int | None = None, *, folder: Path = FOLDER, say: Say = _nobody_listens
) -> list[str]:
    """Apply what is pending, through number `to`; the labels of what was applied.

    Whoever comes second waits for the first. `say` hears each label as it begins. Raises
    CannotStart where the server is too old, where files and database tell different stories, and
    where a migration fails: it then changed nothing, and those before it stay.
    """
    known = files(folder)

    async def run(session: Session) -> list[str]:
        applied = _agreed(known, await _applied(session))
        pending = [each for each in known[len(applied) :] if to is None or each.number <= to]
        for each in pending:
            say(each.label)
            await _apply(session, each.label, each.up, REMEMBER, each)
        return [each.label for each in pending]

    return _with_lock(dsn, run)


def down(
    dsn: str, steps: int = 1, *, folder: Path = FOLDER, say: Say = _nobody_listens
) -> list[str]:
    """Take back the last `steps` migrations, newest first. Raises CannotStart as `up` does."""
    known = files(folder)

    async def run(session: Session) -> list[str]:
        applied = _agreed(known, await _applied(session))
        back = [known[each.number - 1] for each in reversed(applied)][: max(steps, 0)]
        for each in back:
            say(each.label)
            await _apply(session, each.label, each.down, FORGET, each)
        return [each.label for each in back]

    return _with_lock(dsn, run)


def status(dsn: str, *, folder: Path = FOLDER) -> list[Standing]:
    """Every migration, of the files and of the database, by number. Changes nothing."""
    known = {each.number: each for each in files(folder)}

    async def run() -> list[Standing]:
        async with _session(dsn) as session:
            there = await session.fetchval("select to_regclass('platform.migration') is not null")
            applied = {each.number: each for each in await _applied(session)} if there else {}
        numbers = sorted(known.keys() | applied.keys())
        return [_standing(known.get(number), applied.get(number)) for number in numbers]

    return asyncio.run(run())


def new(name: str, *, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Make the two empty files of the next migration, up and down. Raises CannotStart."""
    label = f"{len(files(folder)) + 1:04}_{name}"
    made = (folder / f"{label}.up.sql", folder / f"{label}.down.sql")
    if not all(FILE.fullmatch(path.name) for path in made):
        raise CannotStart("name a migration in small letters, digits and _: add_likes")
    for path in made:
        path.touch(exist_ok=False)
    return made


def files(folder: Path = FOLDER) -> list[Migration]:
    """In order. Raises CannotStart for a gap, a double, a strange name or a missing way back."""
    texts: dict[tuple[str, str], dict[str, str]] = {}
    for path in sorted(folder.glob("*.sql")):
        match = FILE.fullmatch(path.name)
        if match is None:
            raise CannotStart(f"{path.name} is not called NNNN_name.up.sql or .down.sql")
        number, name, way = match.groups()
        texts.setdefault((number, name), {})[way] = path.read_text(encoding="utf-8")
    found = []
    for place, ((number, name), ways) in enumerate(texts.items(), 1):
        if ways.keys() != {"up", "down"}:
            raise CannotStart(f"migration {number}_{name} has only one of its files, up and down")
        if int(number) != place:
            raise CannotStart(f"migration {place:04} is missing or doubled: next is {number}")
        found.append(Migration(place, name, **ways))
    if not found:
        raise CannotStart("there are no migrations where they should be: is the copy complete?")
    return found


def _agreed(known: Sequence[Migration], applied: Sequence[_Applied]) -> Sequence[_Applied]:
    """What was applied, when it is the beginning of what is known, unchanged."""
    for place, done in enumerate(applied):
        if done.number != place + 1:
            raise CannotStart(f"the database never got migration {place + 1:04}, but later ones")
        if place >= len(known):
            raise CannotStart(
                f"the database has migration {done.number:04}_{done.name}, which is not here: "
                "use the release that made it, or a newer one"
            )
        if done.checksum != known[place].checksum:
            raise CannotStart(
                f"migration {known[place].label} was changed after it was applied: "
                "put the file back as it was, and change the database by a new migration"
            )
    return applied


def _standing(file: Migration | None, applied: _Applied | None) -> Standing:
    if applied is None:
        return Standing(file.label if file else "", State.PENDING, None)
    if file is None:
        label = f"{applied.number:04}_{applied.name}"
        return Standing(label, State.UNKNOWN, applied.applied_at)
    same = file.checksum == applied.checksum
    return Standing(file.label, State.APPLIED if same else State.CHANGED, applied.applied_at)


async def _applied(session: Session) -> list[_Applied]:
    return [_Applied(*row) for row in await session.fetch(APPLIED)]


async def _apply(session: Session, label: str, sql: str, record: str, what: Migration) -> None:
    values = (what.number, what.name, what.checksum) if record is REMEMBER else (what.number,)
    try:
        async with session.transaction():
            await session.execute(LIMITS)
            await session.execute(sql)
            await session.execute(record, *values)
    except asyncpg.LockNotAvailableError as error:
        raise CannotStart(
            f"migration {label} changed nothing: somebody else held a lock it needs for 5 s; "
            "try again at a quieter moment"
        ) from error
    except asyncpg.PostgresError as error:
        raise CannotStart(f"migration {label} failed and changed nothing: {error}") from error


def _with_lock(dsn: str, work: Callable[[Session], Coroutine[Any, Any, R]]) -> R:
    async def run() -> R:
        # The lock has a connection of its own, which no statement of a migration can disturb.
        async with _session(dsn) as keeper, _session(dsn) as session:
            refuse_old(session.get_server_version())
            await _lock(keeper)
            await session.execute(OWN_TABLE)
            return await work(session)

    return asyncio.run(run())


async def _lock(keeper: Session) -> None:
    """Asked for again and again: a session that waits would hold up a concurrent index build."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LOCK_SECONDS
    while not await keeper.fetchval("select pg_try_advisory_lock($1, $2)", *LOCK):
        if loop.time() > until:
            raise CannotStart(
                f"somebody else has been migrating this database for {LOCK_SECONDS:.0f} s: "
                "wait for them"
            )
        await asyncio.sleep(LOOK_AGAIN)


@asynccontextmanager
async def _session(dsn: str) -> AsyncIterator[Session]:
    settings = {"application_name": "plaza migrate", "statement_timeout": "0"}
    try:
        session = await asyncpg.connect(dsn, timeout=10, server_settings=settings)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CannotStart(f"the database does not answer ({error}): see DATABASE_URL") from error
    try:
        yield session
    finally:
        await session.close(timeout=5)
