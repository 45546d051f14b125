"""The audit is a chain: each line is sealed with the one before it, so that no change goes unseen.

Who may write to the database can still make the whole chain anew, or cut its end off and say so
in the head. Against that helps only a head that was noted elsewhere: it is in the log, and
`plaza doctor` prints it and compares with one it is given.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol, Self
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from plaza.platform.database import Database
from plaza.platform.health import Degraded
from plaza.platform.periodic import Run
from plaza.platform.problems import Unavailable
from plaza.platform.sql import Connection, bind

log = structlog.get_logger()

HASH_BYTES = 32
AT_ONCE = 500
PAGE = 2_000
LOOK_SECONDS = 1.0
TELL_SECONDS = 10.0
OVERDUE_SECONDS = 60.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Head(Struct, frozen=True):
    """The last link of a chain, `<seq>:<hash in hex>` in words; the first line has the seq 1."""

    seq: int
    hash: bytes

    @classmethod
    def of(cls, words: str) -> Self:
        """Raises ValueError saying what is wrong with them."""
        found = re.fullmatch(r"(\d{1,18}):([0-9a-fA-F]*)", words, re.ASCII)
        if found is None:
            raise ValueError("It is <number>:<hash>, the hash in digits and letters a to f.")
        seq, digest = found.groups()
        if len(digest) != 2 * HASH_BYTES:
            raise ValueError(
                f"The hash has {len(digest)} characters of {2 * HASH_BYTES}: copy all of it."
            )
        return cls(int(seq), bytes.fromhex(digest))

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


class Line(Struct, frozen=True, kw_only=True):
    """A row of platform.audit, its detail as Postgres writes it."""

    id: UUID
    at: datetime
    actor: str
    act: str
    subject: UUID | None
    detail: str
    request_id: str


class Link(Line, frozen=True, kw_only=True):
    seq: int
    hash: bytes


class Waiting(Struct, frozen=True):
    """Lines that are not sealed yet; `late` is the age of the first in seconds, 0.0 for none."""

    count: int
    late: float


class Chain(Struct, frozen=True):
    """What holds: up to where, and how many lines wait to be sealed."""

    head: Head
    waiting: int


class Broken(Exception):
    """One sentence that names the first line that is not as it was sealed."""


class SealingQueries(Protocol):
    async def head(self) -> Head | None: ...

    async def unsealed(self, count: int) -> list[Line]: ...

    async def move(
        self,
        seq: int,
        hash: bytes,  # noqa: A002  # the column's name
        known_seq: int,
        known_hash: bytes,
    ) -> bool | None: ...

    async def seal(
        self, ids: Sequence[UUID], seqs: Sequence[int], hashes: Sequence[bytes]
    ) -> int: ...

    async def sealed_after(self, seq: int, count: int) -> list[Link]: ...

    async def waiting(self) -> Waiting: ...


queries = bind(SealingQueries, Path(__file__).with_name("sealing.sql"))


def link(before: Head, line: Line) -> Head:
    """SHA-256 over the hash before (32 bytes; zeros before the first) and the line as JSON.

    An array in UTF-8 without spaces: seq, id, microseconds since 1970, actor, act, subject or null,
    detail as text, request id.
    """
    said = (
        before.seq + 1,
        line.id,
        (line.at - EPOCH) // timedelta(microseconds=1),
        line.actor,
        line.act,
        line.subject,
        line.detail,
        line.request_id,
    )
    return Head(before.seq + 1, sha256(before.hash + msgspec.json.encode(said)).digest())


class Sealer:
    """One process at a time is enough; several do no harm."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._untold: Head | None = None

    async def run(self) -> None:
        """Until it is cancelled. The log gets a head that moved, now and then and at the end."""
        told_at = time.monotonic()
        try:
            while True:
                try:
                    sealed = await self.seal()
                except Unavailable:
                    log.warning("sealing waits for the database")
                    sealed = 0
                if time.monotonic() - told_at >= TELL_SECONDS:
                    self._tell()
                    told_at = time.monotonic()
                if sealed < AT_ONCE:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._tell()

    async def seal(self) -> int:
        """Seal what waits, up to a number, in the order of the ids; how many that were.

        It goes on from the head, not from the last line there is: a gap before it stays seen.
        Raises Unavailable, and Broken where there is no head.
        """
        async with self._database.transaction("platform.seal") as tx:
            do = queries(tx.connection)
            known = await _head(tx.connection)
            lines = await do.unsealed(AT_ONCE)
            links = list(_chained(known, lines))
            if not links:
                return 0
            end = links[-1]
            if not await do.move(end.seq, end.hash, known.seq, known.hash):
                return 0
            ids, seqs = [line.id for line in lines], [each.seq for each in links]
            sealed = await do.seal(ids, seqs, [each.hash for each in links])
            if sealed != len(lines):
                raise Unavailable("Lines of the audit went away while they were sealed.")
        self._untold = end
        return sealed

    def _tell(self) -> None:
        if self._untold is not None:
            log.info("audit sealed", head=str(self._untold))
            self._untold = None


def _chained(head: Head, lines: Iterable[Line]) -> Iterator[Head]:
    for line in lines:
        head = link(head, line)
        yield head


async def verify(connection: Connection, noted: Head | None = None) -> Chain:
    """What holds, looked at in one snapshot. `noted` is a head of before that must be in it.

    Raises Broken.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        end = Head(0, bytes(HASH_BYTES))
        async for each in _sealed(connection):
            if each.seq != end.seq + 1:
                raise Broken(f"Line {end.seq + 1} is missing: {each.seq} follows {end.seq}.")
            end = link(end, each)
            if end.hash != each.hash:
                raise Broken(f"Line {each.seq} ({each.id}) is not what was sealed.")
            if noted is not None and each.seq == noted.seq and each.hash != noted.hash:
                raise Broken(f"The chain was made anew before line {each.seq + 1}.")
        head = await _head(connection)
        if head != end:
            raise Broken(f"The chain ends at line {end.seq}, and {head.seq} were sealed.")
        if noted is not None and noted.seq > end.seq:
            raise Broken(f"The chain ends at line {end.seq}, and once had {noted.seq}.")
        return Chain(end, (await queries(connection).waiting()).count)


async def _head(connection: Connection) -> Head:
    head = await queries(connection).head()
    if head is None:
        raise Broken("The row that holds the head of the chain is gone.")
    return head


async def _sealed(connection: Connection) -> AsyncIterator[Link]:
    after = -(2**63)
    while page := await queries(connection).sealed_after(after, PAGE):
        for each in page:
            yield each
        after = page[-1].seq


async def check(database: Database) -> None:
    """Raises Degraded while lines wait for longer than sealing takes."""
    async with database.reading("platform.sealing") as connection:
        waiting = await queries(connection).waiting()
    if waiting.late > OVERDUE_SECONDS:
        raise Degraded(f"a line of the audit is not sealed after {waiting.late:.0f} s")


def verified(database: Database) -> Run:
    """As periodic work: fails by the name of the first line that is not right; how many hold."""

    async def run(_: datetime) -> int:
        async with database.reading("platform.verify") as connection:
            return (await verify(connection)).head.seq

    return run
