"""Reactions of a process share its connections and its time: a fan-out delays no message."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from types import MappingProxyType
from typing import Any

from msgspec import structs

from plaza.platform.reactions import Lane, Reaction

ROOM: Mapping[Lane, int] = MappingProxyType({Lane.DEFAULT: 4, Lane.BULK: 1})
"""How many batches of a lane may be under way at a time; what is critical never waits."""


class Lanes:
    def __init__(self, room: Mapping[Lane, int] = ROOM) -> None:
        self._gates = {lane: asyncio.Semaphore(width) for lane, width in room.items()}

    def kept(self, reaction: Reaction) -> Reaction:
        """The same reaction; each of its batches waits for room in its lane."""
        gate: AbstractAsyncContextManager[None] = self._gates.get(reaction.lane) or nullcontext()

        async def react(events: Sequence[Any]) -> None:
            async with gate:
                await reaction.react(events)

        return structs.replace(reaction, react=react)
