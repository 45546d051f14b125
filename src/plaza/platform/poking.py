"""Saying that there is work, to whichever process does it: soon, cheaply, and never waited for."""

import asyncio

from plaza.platform.broker import Broker

APART_SECONDS = 0.01


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
