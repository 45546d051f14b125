"""The connection to NATS. Nothing that a person waits for waits for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Self

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

log = structlog.get_logger()

PAUSE_SECONDS = 1
PING_SECONDS = 5
PINGS = 2
"""Without an answer to so many the connection is made anew: a wire may be cut without a word."""


class Broker:
    """Connects by itself, for ever; while it is away Plaza goes on without (degraded)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = Client()
        self._connecting: asyncio.Task[None] | None = None
        self._first = asyncio.Event()
        self._tried = False

    async def __aenter__(self) -> Self:
        self._connecting = asyncio.create_task(self._connect())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        if self._tried:  # a client that was never asked to connect cannot be closed
            await self._client.close()

    async def check(self) -> None:
        """Raises ConnectionError while there is no connection."""
        if not self._client.is_connected:
            raise ConnectionError("not connected to NATS")

    async def connected(self) -> None:
        """Once it was connected for the first time."""
        await self._first.wait()

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        """On its way; whether it arrived nobody tells."""
        await self._client.publish(subject, payload, headers=headers)

    async def ask(
        self, subject: str, payload: bytes, headers: dict[str, str], *, seconds: float
    ) -> bytes:
        """What is answered. Raises nats.errors.Error, also when nothing is in time."""
        answer = await self._client.request(
            subject, payload, timeout=seconds, headers=headers or None
        )
        return answer.data

    def whisper(self, subject: str, payload: bytes = b"") -> None:
        """Tell whoever listens at this moment; if it is lost, nothing else is."""
        task = asyncio.ensure_future(self.say(subject, payload))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def say(self, subject: str, payload: bytes) -> None:
        """A whisper that goes before whatever this process publishes next."""
        if self._client.is_connected:
            await self._client.publish(subject, payload)

    @asynccontextmanager
    async def hearing(self, subject: str, hear: Callable[[], None]) -> AsyncIterator[None]:
        """Call `hear` for every whisper, until the block ends; again after a reconnect."""
        async with self.listening(subject, lambda _: hear()):
            yield

    @asynccontextmanager
    async def listening(self, subject: str, heard: Callable[[Msg], None]) -> AsyncIterator[None]:
        """Call `heard` for every message, until the block ends; again after a reconnect.

        Waits for the first connection.
        """

        async def hear(message: Msg) -> None:
            heard(message)

        await self._first.wait()
        subscription = await self._client.subscribe(subject, cb=hear)
        try:
            yield
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    def inbox(self) -> str:
        """A subject of one's own, for answers."""
        return self._client.new_inbox()

    async def call(self, subject: str, payload: bytes, inbox: str) -> None:
        """Ask for any number of answers, which come to the inbox."""
        await self._client.publish(subject, payload, reply=inbox)

    @property
    def interruptions(self) -> int:
        """How often it was connected again: what was on its way then may be lost."""
        return self._client.stats["reconnects"]

    async def _connect(self) -> None:
        self._tried = True
        while not self._client.is_connected:
            try:
                await self._client.connect(
                    self._url,
                    name="plaza",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=PAUSE_SECONDS,
                    ping_interval=PING_SECONDS,
                    max_outstanding_pings=PINGS,
                    error_cb=_note,
                )
            except (OSError, nats.errors.Error) as error:
                log.warning("no broker yet", error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)
        self._first.set()


async def _note(error: Exception) -> None:
    log.warning("broker", error=repr(error))
