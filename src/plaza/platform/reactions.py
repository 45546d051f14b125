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
from plaza.platform.stream import MESSAGE_ID, Stream, prepare

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
        # By key: the event that failed, and behind it all that came since, in their order.
        self._lines: dict[UUID, dict[EventId, None]] = {}
        self._failures: dict[EventId, int] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        self._lines.clear()
        self._failures.clear()
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
        batch = []
        for message in messages:
            taken = await self._read(message)
            if taken is not None and not await self._waits(taken):
                batch.append(taken)
        try:
            if batch:
                await self._reaction.react([each.event for each in batch])
        except Exception as error:  # noqa: BLE001  # whatever it is, each is tried alone
            log.warning("a batch failed", reaction=self._reaction.name, error=repr(error))
            for each in batch:
                await self._alone(each)
        else:
            for each in batch:
                await self._done(each)

    async def _read(self, message: Msg) -> _Taken | None:
        """What nobody can read no further try makes readable."""
        try:
            event = msgspec.json.decode(message.data, type=self._types[message.subject])
        except msgspec.MsgspecError as error:
            event_id = EventId(UUID((message.headers or {})[MESSAGE_ID]))
            await self._bury(message, event_id, error)
            return None
        return _Taken(message, event)

    async def _alone(self, each: _Taken) -> None:
        if await self._waits(each):
            return
        try:
            await self._reaction.react([each.event])
        except Exception as error:  # noqa: BLE001  # and whatever it is, the event is kept
            await self._failed(each, error)
        else:
            await self._done(each)

    async def _failed(self, each: _Taken, error: Exception) -> None:
        event = each.event
        failures = self._failures.get(event.event_id, 0) + 1
        if failures == TRIES:
            await self._bury(each.message, event.event_id, error)
            self._leave(event)
            return
        self._failures[event.event_id] = failures
        self._lines.setdefault(event.key, {})[event.event_id] = None
        await each.message.nak(delay=PAUSES[min(failures, len(PAUSES)) - 1])

    async def _waits(self, each: _Taken) -> bool:
        """Behind an earlier event of its key that has failed, and stays there."""
        line = self._lines.get(each.event.key)
        if line is None:
            return False
        line.setdefault(each.event.event_id)
        if next(iter(line)) == each.event.event_id:
            return False
        await each.message.nak(delay=PAUSES[0])
        return True

    async def _done(self, each: _Taken) -> None:
        self._leave(each.event)
        await each.message.ack()

    def _leave(self, event: Event) -> None:
        self._failures.pop(event.event_id, None)
        line = self._lines.get(event.key, {})
        line.pop(event.event_id, None)
        if not line:
            self._lines.pop(event.key, None)

    async def _bury(self, message: Msg, event_id: EventId, error: Exception) -> None:
        name, topic = self._reaction.name, message.subject.removeprefix(f"{self._stream.name}.")
        log.error("an event is given up", reaction=name, event_id=event_id, error=repr(error))
        told = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
        async with self._database.reading("platform.bury") as connection:
            await queries(connection).bury(name, event_id, topic, message.data, told)
        await message.ack()
