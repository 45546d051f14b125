"""Facts a context announces, written in the transaction that made them true."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType, ModuleType
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct, field

from plaza.platform.ids import EventId, uuid7

Outdated: TypeAlias = Mapping[str, Collection[UUID]]
"""By noun (`<context>.<noun>`), of which things something is not true any more."""

NOTHING: Outdated = MappingProxyType({})


class Event(Struct, frozen=True, kw_only=True):
    """`topic` is `<context>.<what happened>`; fields may be added, never renamed or removed."""

    topic: ClassVar[str]

    event_id: EventId = field(default_factory=lambda: EventId(uuid7()))
    occurred_at: Annotated[datetime, Meta(tz=True)]

    @property
    def key(self) -> UUID:
        """Events of one key are delivered in order; those of different keys need not be."""
        raise TypeError(f"{type(self).__name__} names no key")

    @property
    def outdates(self) -> Outdated:
        """What a process may still remember and must forget."""
        return NOTHING


def announced_in(module: ModuleType) -> list[type[Event]]:
    """What a context's `events` may announce: each with a topic of its own."""
    named = [each for each in vars(module).values() if hasattr(each, "topic")]
    return [each for each in named if isinstance(each, type) and issubclass(each, Event)]
