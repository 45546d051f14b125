"""Answers of which there are many: messages of a consumer as they come, or a piece of a stream."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from nats.aio.msg import Msg

from plaza.platform.broker import Broker

STATUS = "Status"
OVER = {"404", "408"}
"""No messages, or none in time: one asks again."""
GONE = {"409", "503"}
"""The consumer was deleted, or nobody knows it."""
UNUSED = "Nats-Pending-Messages"
EXPIRES_SECONDS = 5.0
SILENCE_SECONDS = 2 * EXPIRES_SECONDS
NANOSECONDS = 1_000_000_000


class Interrupted(ConnectionError):
    """The broker does not go on from here: what was on its way may be lost."""


class Mailbox:
    """What came to an inbox and was not taken yet."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._inbox = broker.inbox()
        self._came: deque[Msg] = deque()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Mailbox"]:
        async with self._broker.listening(self._inbox, self._put):
            yield self

    async def call(self, subject: str, payload: bytes) -> None:
        await self._broker.call(subject, payload, self._inbox)

    async def take(self, most: int, *, seconds: float) -> list[Msg]:
        """What there is, up to so many; waits for the first. Empty if none comes in time."""
        if not self._came:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return []
        return [self._came.popleft() for _ in range(min(most, len(self._came)))]

    def _put(self, message: Msg) -> None:
        self._came.append(message)
        self._news.set()


async def piece(
    broker: Broker, stream: str, first: int, count: int, *, seconds: float
) -> list[Msg]:
    """Messages of a stream from a sequence on, read directly (NATS ADR-31). Raises TimeoutError."""
    found: list[Msg] = []
    body = msgspec.json.encode({"seq": first, "batch": count})
    async with Mailbox(broker).open() as mailbox:
        await mailbox.call(f"$JS.API.DIRECT.GET.{stream}", body)
        while came := await mailbox.take(count, seconds=seconds):
            for message in came:
                if STATUS in (message.headers or {}):
                    return found
                found.append(message)
    raise TimeoutError(f"{stream} was not read in time")


class Pull:
    """The messages of one consumer, in the order they were sent; none is passed over unseen."""

    def __init__(self, broker: Broker, mailbox: Mailbox, stream: str, consumer: str) -> None:
        self._broker = broker
        self._mailbox = mailbox
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._interruptions = broker.interruptions
        self._awaited = 0
        self._number = 0
        self._heard_at = 0.0

    async def messages(self, most: int, *, seconds: float) -> list[Msg]:
        """What there is, up to so many; waits for the first. Raises Interrupted."""
        if self._broker.interruptions != self._interruptions:
            raise Interrupted("the connection was lost for a while")
        if self._awaited < most:
            body = {"batch": most, "expires": round(EXPIRES_SECONDS * NANOSECONDS)}
            await self._mailbox.call(self._subject, msgspec.json.encode(body))
            self._awaited += most
            self._heard_at = time.monotonic()
        came = await self._mailbox.take(most, seconds=seconds)
        if came:
            self._heard_at = time.monotonic()
        elif time.monotonic() - self._heard_at > SILENCE_SECONDS:
            raise Interrupted("the broker does not even say that there is nothing")
        messages = [each for each in came if not self._is_status(each)]
        self._awaited -= len(messages)
        if messages:
            self._follow(messages)
        return messages

    def _follow(self, messages: list[Msg]) -> None:
        self._number += len(messages)
        if messages[-1].metadata.sequence.consumer != self._number:
            raise Interrupted("messages were lost on their way")

    def _is_status(self, message: Msg) -> bool:
        """Raises Interrupted for one that says there is no such consumer any more."""
        status = (message.headers or {}).get(STATUS)
        if status in OVER:
            unused = (message.headers or {}).get(UNUSED)
            self._awaited -= int(unused) if unused else self._awaited
        elif status in GONE:
            raise Interrupted(str(message.headers))
        return status is not None
