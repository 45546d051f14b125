"""Turns at what may take long: a few at once, and only one of each person.

Whoever asks for much at a time waits behind himself, and nothing else waits for him.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    def __init__(self, at_once: int) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._own: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """How many people have or await a turn."""
        return len(self._own)

    @asynccontextmanager
    async def of(self, who: UUID) -> AsyncIterator[None]:
        """A turn: `async with`."""
        own = self._own.get(who)
        if own is None:
            own = self._own[who] = asyncio.Lock()
        async with own, self._room:
            yield
