"""What a context does when others announce: at least once, in batches, by key in order."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import msgspec
import nats.errors
import structlog
from msgspec import Struct
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import FetchTimeoutError

from plaza.platform.broker import Broker
from plaza.platform.database import Database
from plaza.platform.events import Event
from plaza.platform.ids import EventId
from plaza.platform.sql import bind
from plaza.platform.stream import Stream, prepare

log = structlog.get_logger()

AT_ONCE = 200
FETCH_SECONDS = 1.0
LEASE = timedelta(seconds=60)
TRIES = 10
PAUSES = (0.1, 0.5, 2.0, 10.0, 60.0)
"""Seconds before another try; the last again and again."""
ERROR_LENGTH = 500

React = Callable[[Sequence[Any]], Awaitable[None]]
"""Everything in one transaction. May be called again with events it has seen."""


class Reaction(Struct, frozen=True, kw_only=True):
    """`name` is `<context>.<what is kept up>`, and stays: the broker remembers how far it is."""

    name: str
    events: tuple[type[Event], ...]
    react: React


class DeadLetterQueries(Protocol):
    async def bury(
        self, reaction: str, event_id: EventId, topic: str, payload: bytes, error: str
    ) -> None: ...


queries = bind(DeadLetterQueries, Path(__file__).with_name("reactions.sql"))


class _Taken(Struct, frozen=True):
    message: Msg
    event: Event

    @property
    def tries(self) -> int:
        """How often it was delivered, this time included."""
        return self.message.metadata.num_delivered


class Reactions:
    """One reaction's way through the stream; `run` in one process at a time."""

    def __init__(
        self, reaction: Reaction, database: Database, broker: Broker, stream: Stream
    ) -> None:
        self._reaction = reaction
        self._database = database
        self._broker = broker
        self._stream = stream
        self._types: Mapping[str, type[Event]] = {
            stream.subject(event.topic): event for event in reaction.events
        }
        # What failed holds back all that comes later for its key.
        self._holding: dict[UUID, EventId] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        self._holding.clear()
        await prepare(self._stream, self._broker)
        context = self._broker.jetstream()
        durable = self._reaction.name.replace(".", "_")
        await context.add_consumer(
            self._stream.name,
            ConsumerConfig(
                durable_name=durable,
                filter_subjects=sorted(self._types),
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=LEASE.total_seconds(),
                max_ack_pending=AT_ONCE * 5,
            ),
        )
        subscription = await context.pull_subscribe_bind(durable, self._stream.name)
        while True:
            try:
                messages = await subscription.fetch(AT_ONCE, timeout=FETCH_SECONDS)
            except (TimeoutError, FetchTimeoutError, nats.errors.TimeoutError):
                continue
            await self.take(messages)

    async def take(self, messages: Sequence[Msg]) -> None:
        """Together; if that fails each alone, so that one bad event delays its own key only."""
        batch = [_Taken(each, self._read(each)) for each in messages]
        ready = [each for each in batch if not self._is_held(each)]
        for each in batch:
            if self._is_held(each):
                await self._later(each)
        try:
            await self._react(ready)
        except Exception as error:  # noqa: BLE001  # whatever it is, the events have to be tried alone
            log.warning("a batch failed", reaction=self._reaction.name, error=repr(error))
            for each in ready:
                await self._alone(each)
        else:
            for each in ready:
                await each.message.ack()

    def _read(self, message: Msg) -> Event:
        return msgspec.json.decode(message.data, type=self._types[message.subject])

    async def _react(self, batch: Sequence[_Taken]) -> None:
        if batch:
            await self._reaction.react([each.event for each in batch])
            for each in batch:
                self._holding.pop(each.event.key, None)

    async def _alone(self, each: _Taken) -> None:
        if self._is_held(each):
            await self._later(each)
            return
        try:
            await self._react([each])
        except Exception as error:  # noqa: BLE001  # and whatever it is, the event is kept
            await self._failed(each, error)
        else:
            await each.message.ack()

    async def _failed(self, each: _Taken, error: Exception) -> None:
        name, event = self._reaction.name, each.event
        if each.tries < TRIES:
            self._holding[event.key] = event.event_id
            await self._later(each)
            return
        log.error("an event is given up", reaction=name, event_id=event.event_id, error=repr(error))
        told = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
        async with self._database.reading("platform.bury") as connection:
            await queries(connection).bury(
                name, event.event_id, event.topic, each.message.data, told
            )
        self._holding.pop(event.key, None)
        await each.message.ack()

    def _is_held(self, each: _Taken) -> bool:
        return self._holding.get(each.event.key, each.event.event_id) != each.event.event_id

    async def _later(self, each: _Taken) -> None:
        await each.message.nak(delay=PAUSES[min(each.tries, len(PAUSES)) - 1])
