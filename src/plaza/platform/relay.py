"""From the outbox to the broker: every announced event once, in the order of its writing."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

import nats.errors
import structlog
from msgspec import Struct

from plaza.platform.broker import Broker
from plaza.platform.caches.herald import Herald
from plaza.platform.database import Database
from plaza.platform.leases import Tenure
from plaza.platform.poking import Poke
from plaza.platform.problems import Unavailable
from plaza.platform.publishing import Announcement, Publisher, Refused
from plaza.platform.sql import bind
from plaza.platform.stream import Stream

log = structlog.get_logger()

LEASE = "platform.relay"
AT_ONCE = 500
LOOK_SECONDS = 0.1
PAUSE_SECONDS = 0.5
ASKED_SECONDS = 1.0
AGAIN_AT_ONCE = 10_000
POKE = "plaza.poke"
TROUBLE = (Refused, Unavailable, OSError, nats.errors.Error)


class Span(Struct, frozen=True):
    first: int
    last: int


class Backlog(Struct, frozen=True, kw_only=True):
    """Events that no broker has yet; `late` is how many seconds ago the first was announced."""

    waiting: int
    late: float


class RelayQueries(Protocol):
    async def waiting(self, count: int) -> list[Announcement]: ...

    async def published(self, seqs: Sequence[int], first: datetime, last: datetime) -> None: ...

    async def found(self, seqs: Sequence[int], ids: Sequence[UUID]) -> None: ...

    async def span(self) -> Span: ...

    async def again(self, first: int, last: int) -> None: ...

    async def asked(self, stream: str) -> bool | None: ...

    async def rebuilt(self, stream: str) -> None: ...

    async def backlog(self) -> Backlog: ...

    async def ask(self, stream: str) -> None: ...

    async def kept(self) -> int: ...


queries = bind(RelayQueries, Path(__file__).with_name("relay.sql"))


class Relay:
    """`lead` in one process at a time; `poke` in whichever has just committed."""

    def __init__(
        self, database: Database, broker: Broker, stream: Stream, tenure: Tenure, herald: Herald
    ) -> None:
        """`database` commits nothing for a process that was replaced (fencing.py)."""
        self._database = database
        self._broker = broker
        self._stream = stream
        self._tenure = tenure
        self._herald = herald
        self._publisher = Publisher(broker, stream)
        self._begun = False
        self._told = ""
        self._asked_at = 0.0
        self._news = asyncio.Event()
        self._poke_others = Poke(broker, POKE)
        self.batches = self.relayed = self.failures = 0
        """Batches that were published, the events in them, and tries that came to nothing."""

    def poke(self) -> None:
        """Something was announced: tell the leader, at most every 10 ms and without waiting."""
        self._news.set()
        self._poke_others()

    async def lead(self) -> None:
        """Until it is cancelled. Raises LeaseLost where another process leads."""
        self._begun = False
        async with self._broker.hearing(POKE, self._news.set):
            while True:
                self._news.clear()
                try:
                    if await self.relay():
                        continue
                except TROUBLE as error:
                    self.failures += 1
                    self._tell(error)
                    self._begun = False
                    await asyncio.sleep(PAUSE_SECONDS)
                await self._news_or_a_while()

    async def relay(self) -> int:
        """Publish what waits, up to a batch; how many that were. Raises LeaseLost and TROUBLE."""
        self._tenure.epoch(LEASE)
        await self._rebuild_if_asked()
        if not self._begun:
            await self._begin()
        looked_at = self._herald.now()
        async with self._database.reading("platform.relay") as connection:
            rows = await queries(connection).waiting(AT_ONCE)
        await self._herald.tell(looked_at, rows, whole=len(rows) < AT_ONCE)
        if rows:
            await self._publisher.publish(rows)
            times = [row.created_at for row in rows]
            async with self._database.reading("platform.relay") as connection:
                await queries(connection).published(
                    [row.seq for row in rows], min(times), max(times)
                )
            self.batches += 1
            self.relayed += len(rows)
        return len(rows)

    def _tell(self, error: Exception) -> None:
        """Once, until something else is wrong: a broker may be away for hours."""
        if repr(error) != self._told:
            self._told = repr(error)
            log.warning("events wait", error=self._told)

    async def _begin(self) -> None:
        """A stream that is gone is there again only when all it had is on its way again."""
        await self._broker.check()
        if await self._stream.last(self._broker) is None:
            await self._all_again()
        await self._stream.ensure(self._broker)
        await self._publisher.lead(self._tenure.epoch(LEASE))
        if latest := await self._publisher.latest(2 * AT_ONCE):
            async with self._database.reading("platform.relay") as connection:
                await queries(connection).found(*zip(*latest, strict=True))
        self._begun = True
        if self._told:
            self._told = ""
            log.info("events go out again")

    async def _all_again(self) -> None:
        async with self._database.reading("platform.rebuild") as connection:
            span = await queries(connection).span()
        if span.last >= span.first:
            log.warning("the stream is gone: all that is kept is published again")
        for first in range(span.first, span.last + 1, AGAIN_AT_ONCE):
            async with self._database.transaction("platform.rebuild") as tx:
                await queries(tx.connection).again(first, first + AGAIN_AT_ONCE - 1)

    async def _rebuild_if_asked(self) -> None:
        """`plaza events rebuild` asked. Whoever leads next goes on where this one dies."""
        if time.monotonic() < self._asked_at:
            return
        async with self._database.reading("platform.rebuild") as connection:
            asked = await queries(connection).asked(self._stream.name)
        if asked:
            await self._broker.check()
            await self._stream.delete(self._broker)
            await self._begin()
            async with self._database.transaction("platform.rebuild") as tx:
                await queries(tx.connection).rebuilt(self._stream.name)
        self._asked_at = time.monotonic() + ASKED_SECONDS

    async def _news_or_a_while(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._news.wait()
        except TimeoutError:
            return
