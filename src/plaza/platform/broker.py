"""The connection to NATS. Nothing that a person waits for waits for it."""

import asyncio
from contextlib import suppress
from typing import Self

import nats
import structlog
from nats.aio.client import Client

log = structlog.get_logger()

PAUSE_SECONDS = 1


class Broker:
    """Connects by itself, for ever; while it is away Plaza goes on without (degraded)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = Client()
        self._connecting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._connecting = asyncio.create_task(self._connect())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        await self._client.close()

    async def check(self) -> None:
        """Raises ConnectionError while there is no connection."""
        if not self._client.is_connected:
            raise ConnectionError("not connected to NATS")

    async def _connect(self) -> None:
        while not self._client.is_connected:
            try:
                await self._client.connect(
                    self._url,
                    name="plaza",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=PAUSE_SECONDS,
                    error_cb=_note,
                )
            except (OSError, nats.errors.Error) as error:
                log.warning("no broker yet", error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)


async def _note(error: Exception) -> None:
    log.warning("broker", error=repr(error))
