"""How an event stands in the outbox."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import msgspec

from plaza.platform.events import Event

encode = msgspec.json.Encoder().encode


class Announced(NamedTuple):
    """A row of platform.outbox as its writer makes it."""

    id: UUID
    topic: str
    key: UUID
    payload: bytes


def announced(events: Iterable[Event]) -> list[Announced]:
    return [Announced(each.event_id, each.topic, each.key, encode(each)) for each in events]
