"""From the outbox to the broker: every announced event at least once, in the order of its writing.

What is published twice carries the same id, which the broker knows again.
"""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import nats.errors
import structlog
from msgspec import Struct

from plaza.platform.broker import Broker
from plaza.platform.database import Database
from plaza.platform.ids import EventId
from plaza.platform.poking import Poke
from plaza.platform.problems import Unavailable
from plaza.platform.sql import bind
from plaza.platform.stream import MESSAGE_ID, Stream, prepare

log = structlog.get_logger()

AT_ONCE = 500
LOOK_SECONDS = 0.1
POKE = "plaza.poke"
ACK_SECONDS = 5.0


class Announcement(Struct, frozen=True):
    """A row of the outbox on its way."""

    seq: int
    id: EventId
    topic: str
    payload: bytes


class RelayQueries(Protocol):
    async def waiting(self, count: int) -> list[Announcement]: ...

    async def published(self, seqs: Sequence[int]) -> None: ...


queries = bind(RelayQueries, Path(__file__).with_name("relay.sql"))


class Refused(Exception):
    """The broker did not take a batch; it took nothing of it."""


class Relay:
    """`lead` in one process at a time; `poke` in whichever has just committed."""

    def __init__(self, database: Database, broker: Broker, stream: Stream) -> None:
        self._database = database
        self._broker = broker
        self._stream = stream
        self._news = asyncio.Event()
        self._poke_others = Poke(broker, POKE)

    def poke(self) -> None:
        """Something was announced: tell the leader, at most every 10 ms and without waiting."""
        self._news.set()
        self._poke_others()

    async def lead(self) -> None:
        """Until it is cancelled. A stream that is gone is made again."""
        await prepare(self._stream, self._broker)
        async with self._broker.hearing(POKE, self._news.set):
            while True:
                self._news.clear()
                try:
                    if await self.relay():
                        continue
                except (Refused, Unavailable, OSError, nats.errors.Error) as error:
                    log.warning("events wait for the broker", error=repr(error))
                    await asyncio.sleep(LOOK_SECONDS)
                    await prepare(self._stream, self._broker)
                await self._news_or_a_while()

    async def relay(self) -> int:
        """Publish what waits, up to a batch; how many that were."""
        async with self._database.reading("platform.relay") as connection:
            rows = await queries(connection).waiting(AT_ONCE)
        if not rows:
            return 0
        try:
            await self._publish_together(rows)
        except Refused:
            await self._publish_each(rows)
        async with self._database.reading("platform.relay") as connection:
            await queries(connection).published([row.seq for row in rows])
        return len(rows)

    async def _publish_together(self, rows: Sequence[Announcement]) -> None:
        """All or none (atomic batch publish, NATS 2.12). An id it knows refuses the batch."""
        batch = secrets.token_hex(8)
        last = len(rows)
        for number, row in enumerate(rows, 1):
            headers = {
                MESSAGE_ID: row.id.hex,
                "Nats-Batch-Id": batch,
                "Nats-Batch-Sequence": str(number),
            }
            subject = self._stream.subject(row.topic)
            if number < last:
                await self._broker.publish(subject, row.payload, headers)
            else:
                headers["Nats-Batch-Commit"] = "1"
                await self._ask(subject, row.payload, headers)

    async def _publish_each(self, rows: Sequence[Announcement]) -> None:
        for row in rows:
            headers = {MESSAGE_ID: row.id.hex}
            await self._ask(self._stream.subject(row.topic), row.payload, headers)

    async def _ask(self, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        answer = await self._broker.ask(subject, payload, headers, seconds=ACK_SECONDS)
        told = msgspec.json.decode(answer)
        if "error" in told:
            raise Refused(told["error"].get("description"))

    async def _news_or_a_while(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._news.wait()
        except TimeoutError:
            return
