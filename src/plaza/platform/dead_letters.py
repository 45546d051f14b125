"""Events that a reaction could not take: kept until somebody looks, and tried again when asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from plaza.platform.database import Database
from plaza.platform.health import Degraded
from plaza.platform.ids import EventId
from plaza.platform.sql import bind


class DeadLetter(Struct, frozen=True, kw_only=True):
    """`asked_at`: since when it waits to be tried again."""

    reaction: str
    event_id: EventId
    topic: str
    error: str
    died_at: datetime
    asked_at: datetime | None


class WholeLetter(DeadLetter, frozen=True, kw_only=True):
    """With the event as it was announced: JSON."""

    payload: bytes


class AskedLetter(Struct, frozen=True):
    event_id: EventId
    topic: str
    payload: bytes


class Address(Struct, frozen=True):
    """Which letter: an event may be dead to several reactions."""

    reaction: str
    event_id: EventId


class Left(Struct, frozen=True):
    """Of some letters: how many wait to be tried again, and how many are dead, these included."""

    waiting: int
    dead: int


class Count(Struct, frozen=True):
    reaction: str
    letters: int


class DeadLetterQueries(Protocol):
    async def bury(
        self, reaction: str, event_id: EventId, topic: str, payload: bytes, error: str
    ) -> None: ...

    async def counts(self) -> list[Count]: ...

    async def page(
        self, reaction: str | None, after_reaction: str, after: UUID | None, count: int
    ) -> list[DeadLetter]: ...

    async def find(self, event_id: UUID) -> list[WholeLetter]: ...

    async def ask(self, reaction: str | None, event_id: UUID | None) -> list[Address]: ...

    async def left(self, reactions: Sequence[str], event_ids: Sequence[UUID]) -> Left: ...

    async def asked(self, reaction: str, count: int) -> list[AskedLetter]: ...

    async def raised(self, reaction: str, event_id: EventId) -> None: ...


queries = bind(DeadLetterQueries, Path(__file__).with_name("dead_letters.sql"))


class DeadLetters:
    """For whoever watches or repairs Plaza."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self) -> Mapping[str, int]:
        """How many there are, by reaction."""
        async with self._database.reading("platform.dead_letters") as connection:
            return {each.reaction: each.letters for each in await queries(connection).counts()}

    async def check(self) -> None:
        """Raises Degraded if there is any: somebody should look."""
        if counts := await self.counts():
            raise Degraded(f"{sum(counts.values())} events were given up: plaza events dead")

    async def page(
        self, reaction: str | None, after: Address | None, count: int
    ) -> list[DeadLetter]:
        """The latest first, of all reactions or one; after a letter that was shown before."""
        to, event_id = (after.reaction, after.event_id) if after else ("", None)
        async with self._database.reading("platform.dead_letters") as connection:
            return await queries(connection).page(reaction, to, event_id, count)

    async def find(self, event_id: UUID) -> list[WholeLetter]:
        """One for each reaction that could not take the event."""
        async with self._database.reading("platform.dead_letters") as connection:
            return await queries(connection).find(event_id)

    async def replay(self, reaction: str | None, event_id: UUID | None) -> list[Address]:
        """Which are tried again by whoever runs their reaction; None is any."""
        async with self._database.reading("platform.dead_letters") as connection:
            return await queries(connection).ask(reaction, event_id)

    async def left(self, letters: Sequence[Address]) -> Left:
        columns = [each.reaction for each in letters], [each.event_id for each in letters]
        async with self._database.reading("platform.dead_letters") as connection:
            return await queries(connection).left(*columns)
