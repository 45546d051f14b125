"""Events that a reaction could not take: kept until somebody looks, and tried again when asked."""

from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from msgspec import Struct

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


class Count(Struct, frozen=True):
    reaction: str
    letters: int


class DeadLetterQueries(Protocol):
    async def bury(
        self, reaction: str, event_id: EventId, topic: str, payload: bytes, error: str
    ) -> None: ...

    async def counts(self) -> list[Count]: ...

    async def page(
        self,
        reaction: str | None,
        before: datetime | None,
        before_reaction: str | None,
        before_id: UUID | None,
        count: int,
    ) -> list[DeadLetter]: ...

    async def find(self, event_id: UUID) -> list[WholeLetter]: ...

    async def ask(self, reaction: str | None, event_id: UUID | None) -> list[str]: ...

    async def waiting(self) -> int: ...

    async def asked(self, reaction: str, count: int) -> list[AskedLetter]: ...

    async def raised(self, reaction: str, event_id: EventId) -> None: ...


queries = bind(DeadLetterQueries, Path(__file__).with_name("dead_letters.sql"))
