"""Saying that there is work, to whichever process does it: soon, cheaply, and never waited for."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import nats.errors

from plaza.platform.broker import Broker

APART_SECONDS = 0.01
AGAIN_SECONDS = 1.0


class Poke:
    """A word on one subject, at most every 10 ms; whoever misses it looks now and then anyway."""

    def __init__(self, broker: Broker, subject: str) -> None:
        self._broker = broker
        self._subject = subject
        self._soon: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(APART_SECONDS, self._say)

    def _say(self) -> None:
        self._soon = None
        self._broker.whisper(self._subject)


class Pokes:
    """A word on any of the subjects that begin alike."""

    def __init__(self, broker: Broker, prefix: str) -> None:
        self._broker = broker
        self._prefix = prefix
        self._pokes: dict[str, Poke] = {}

    def __call__(self, name: str) -> None:
        if name not in self._pokes:
            self._pokes[name] = Poke(self._broker, self._prefix + name)
        self._pokes[name]()


async def heed(broker: Broker, subject: str, hear: Callable[[], None]) -> None:
    """Call `hear` for every word, until it is cancelled; without a broker there are none."""
    while True:
        with suppress(OSError, nats.errors.Error):
            async with broker.hearing(subject, hear):
                await asyncio.Event().wait()
        await asyncio.sleep(AGAIN_SECONDS)
