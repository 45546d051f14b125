"""What a context does when others announce: at least once, in batches, by key in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import nats.errors
import structlog
from msgspec import Struct
from nats.aio.msg import Msg

from plaza.platform.broker import Broker
from plaza.platform.consumers import Consumers, Turn
from plaza.platform.database import Database
from plaza.platform.dead_letters import AskedLetter, queries
from plaza.platform.events import Event
from plaza.platform.ids import EventId
from plaza.platform.leases import LeaseLost, Tenure
from plaza.platform.logs import brief
from plaza.platform.problems import Unavailable
from plaza.platform.pulling import Mailbox, Pull
from plaza.platform.stream import MESSAGE_ID, Stream, until_there

log = structlog.get_logger()

AT_ONCE = 200
LOOK_SECONDS = 1.0
PAUSE_SECONDS = 0.2
TRIES = 10
PAUSES = (0.1, 0.5, 2.0, 10.0, 60.0)
"""Seconds before another try; the last again and again."""

React = Callable[[Sequence[Any]], Awaitable[None]]
"""Everything in one transaction. May be called again with events it has seen."""


class Lane(Enum):
    """Who goes first where several reactions of a process have work."""

    CRITICAL = "critical"
    DEFAULT = "default"
    BULK = "bulk"


class Reaction(Struct, frozen=True, kw_only=True):
    """`name` is `<context>.<what is kept up>`, and stays: the broker remembers how far it is.

    It takes `at_once` events together at most.
    """

    name: str
    events: tuple[type[Event], ...]
    react: React
    lane: Lane = Lane.DEFAULT
    at_once: int = AT_ONCE


class _Taken(Struct, frozen=True):
    message: Msg
    event: Event


class Reactions:
    """One reaction's way through the stream; `run` in one process at a time."""

    def __init__(
        self,
        reaction: Reaction,
        database: Database,
        broker: Broker,
        stream: Stream,
        tenure: Tenure,
    ) -> None:
        """The lease has the reaction's name."""
        self._reaction = reaction
        self._database = database
        self._broker = broker
        self._stream = stream
        self._tenure = tenure
        self._consumers = Consumers(broker, stream, reaction.name)
        self._types: Mapping[str, type[Event]] = {
            stream.subject(event.topic): event for event in reaction.events
        }
        # By key: the event that failed, and behind it all that came since, in their order.
        self._lines: dict[UUID, dict[EventId, None]] = {}
        self._failures: dict[EventId, int] = {}
        self._runs = 0
        self._looked_at = 0.0
        self.done = self.failures = 0
        """Events that were taken, and tries of one that came to nothing."""

    @property
    def name(self) -> str:
        return self._reaction.name

    async def run(self) -> None:
        """Until it is cancelled. Raises LeaseLost where another process runs it."""
        self._failures.clear()
        while True:
            await until_there(self._stream, self._broker)
            try:
                await self._follow()
            except (OSError, Unavailable, nats.errors.Error) as error:
                log.warning("a reaction waits", reaction=self._reaction.name, error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)

    async def take(self, messages: Sequence[Msg]) -> None:
        """Together; if that fails each alone, so that one bad event delays its own key only."""
        batch = []
        for message in messages:
            taken = await self._read(message)
            if taken is not None and not await self._waits(taken):
                batch.append(taken)
        try:
            if batch:
                await self._react([each.event for each in batch])
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, each is tried alone
            log.warning("a batch failed", reaction=self._reaction.name, error=repr(error))
            for each in batch:
                await self._alone(each)
        else:
            for each in batch:
                await self._done(each)

    async def _follow(self) -> None:
        """Where the last one stopped, until something on the way to us may be lost."""
        self._lines.clear()
        self._runs += 1
        turn = Turn(self._tenure.epoch(self._reaction.name), self._runs)
        async with Mailbox(self._broker).open() as mailbox:
            consumer = await self._consumers.succeed(turn, list(self._types))
            pull = Pull(self._broker, mailbox, self._stream.name, consumer)
            while True:
                messages = await pull.messages(self._reaction.at_once, seconds=LOOK_SECONDS)
                if messages:
                    await self.take(messages)
                await self._raise_the_dead()

    async def _react(self, events: Sequence[Event]) -> None:
        self._tenure.epoch(self._reaction.name)
        await self._reaction.react(events)

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
            await self._react([each.event])
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # and whatever it is, the event is kept
            await self._failed(each, error)
        else:
            await self._done(each)

    async def _failed(self, each: _Taken, error: Exception) -> None:
        event = each.event
        self.failures += 1
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
        self.done += 1

    def _leave(self, event: Event) -> None:
        self._failures.pop(event.event_id, None)
        line = self._lines.get(event.key, {})
        line.pop(event.event_id, None)
        if not line:
            self._lines.pop(event.key, None)

    async def _bury(self, message: Msg, event_id: EventId, error: Exception) -> None:
        name, topic = self._reaction.name, message.subject.removeprefix(f"{self._stream.name}.")
        log.error("an event is given up", reaction=name, event_id=event_id, error=repr(error))
        async with self._database.reading("platform.bury") as connection:
            await queries(connection).bury(name, event_id, topic, message.data, brief(error))
        await message.ack()

    async def _raise_the_dead(self) -> None:
        """Try again, each alone, what somebody asked for; what fails is dead as before."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        name = self._reaction.name
        async with self._database.reading("platform.raise") as connection:
            letters = await queries(connection).asked(name, self._reaction.at_once)
        for letter in letters:
            told = await self._tried_again(letter)
            async with self._database.reading("platform.raise") as connection:
                if told is None:
                    await queries(connection).raised(name, letter.event_id)
                else:
                    await queries(connection).bury(
                        name, letter.event_id, letter.topic, letter.payload, told
                    )
        self._looked_at = time.monotonic()

    async def _tried_again(self, letter: AskedLetter) -> str | None:
        """Why it failed again."""
        try:
            kind = self._types[self._stream.subject(letter.topic)]
            await self._react([msgspec.json.decode(letter.payload, type=kind)])
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told
            return brief(error)
        return None
