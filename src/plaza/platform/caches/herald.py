"""The leader's word to every process: what the outbox says is outdated, and that all is told."""

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from plaza.platform.broker import Broker
from plaza.platform.caches import outdated_by
from plaza.platform.caches.beats import Beat
from plaza.platform.caches.invalidation import SUBJECT, news_of
from plaza.platform.events import Event

APART_SECONDS = 0.15
"""Between two beats at least; the relay looks every 0.1 s, so that one comes every 0.25 s."""


class Found(Protocol):
    """A row of the outbox."""

    @property
    def topic(self) -> str: ...

    @property
    def payload(self) -> bytes: ...


class Herald:
    def __init__(
        self,
        broker: Broker,
        events: Iterable[type[Event]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`events` are all there are; of a topic that is not among them, anything may follow."""
        self._broker = broker
        self._types = {event.topic: event for event in events}
        self._clock = clock
        self._name = secrets.token_hex(8)
        self._number = 0
        self._told_at = float("-inf")

    def now(self) -> float:
        """To be asked just before a look."""
        return self._clock()

    async def tell(self, looked_at: float, found: Iterable[Found], *, whole: bool) -> None:
        """After every look, before what it found is marked as published.

        `whole` if it found all that waited. Raises nats.errors.Error.
        """
        events = [self._read(row) for row in found]
        known = [event for event in events if event is not None]
        whole = whole and len(known) == len(events)
        outdated = outdated_by(known)
        if whole and not outdated and looked_at - self._told_at < APART_SECONDS:
            return
        self._told_at = looked_at
        self._number += 1  # also of what is not heard by anyone, so that it is missed
        news = news_of(outdated, whole=whole, beat=Beat(self._name, self._number, looked_at))
        await self._broker.say(SUBJECT, msgspec.json.encode(news))

    def _read(self, row: Found) -> Event | None:
        """None for what a newer release announced."""
        try:
            return msgspec.json.decode(row.payload, type=self._types[row.topic])
        except (KeyError, msgspec.MsgspecError):
            return None
