"""The connection to Valkey, or Redis from 6.2 on. What is kept there Postgres can tell again."""

import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha1
from typing import Any, Self

import redis.asyncio
import structlog
from msgspec import Struct
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import NoScriptError, RedisError

from plaza.platform.problems import Unavailable

log = structlog.get_logger()

PATIENCE = 1.0
"""Seconds. Whoever waits has another way, by Postgres."""
AWAY_SECONDS = 1.0

Argument = bytes | str | int


class Away(Unavailable):
    """Valkey does not answer, or not as it should; what was under way may have happened or not."""


class Script(Struct, frozen=True):
    """Lua that touches one key and may run twice: a lost connection is tried again."""

    text: str
    digest: str


def script(text: str) -> Script:
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


class ValkeyClient:
    """Answers soon or is Away; then nobody waits for it again for a second."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client: redis.asyncio.Redis = redis.asyncio.from_url(
            url,
            protocol=2,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            # Once more for a connection that broke while nobody used it; not for a slow one.
            retry=Retry(NoBackoff(), 1, supported_errors=(NotConnected,)),
        )
        self._clock = clock
        self._away_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def check(self) -> None:
        """Raises Away."""
        await self.ask([("PING",)])

    async def run(self, lua: Script, calls: Iterable[Sequence[Argument]]) -> list[Any]:
        """What the script returns for each key with its arguments, in one round trip.

        Raises Away.
        """
        commands: list[Sequence[Argument]] = [("EVALSHA", lua.digest, 1, *call) for call in calls]
        found = await self._ask(commands)
        if any(isinstance(each, NoScriptError) for each in found):
            await self._ask([("SCRIPT LOAD", lua.text)])
            found = await self._ask(commands)
        return _sound(found)

    async def ask(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """What each command returns, in one round trip. Raises Away."""
        return _sound(await self._ask(commands))

    async def _ask(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        if not commands:
            return []
        if self._clock() < self._away_until:
            raise Away
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            found: list[Any] = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            self._away_until = self._clock() + AWAY_SECONDS
            log.warning("valkey is away", error=repr(error))
            raise Away from error
        return found


def _sound(found: list[Any]) -> list[Any]:
    """A server that is full, starts or is a replica says no to single commands."""
    for each in found:
        if isinstance(each, RedisError):
            log.warning("valkey refused", error=repr(each))
            raise Away from each
    return found
