"""A context that says numbers, an ear that hears them, and leases as if they were held."""

import asyncio
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec

from plaza.platform.events import Event
from plaza.platform.leases import Taken, Tenure
from plaza.platform.pulling import piece

WHILE = 20


class Said(Event, frozen=True, kw_only=True):
    topic = "tests.said"

    who: UUID
    number: int

    @property
    def key(self) -> UUID:
        return self.who


class Ear:
    """Remembers what it took; refuses what it is told to."""

    def __init__(self):
        self.taken, self.batches, self.refused = [], [], {}

    async def react(self, events):
        if any(self.refused.get(each.number, 0) for each in events):
            for each in events:
                if self.refused.get(each.number, 0) and len(events) == 1:
                    self.refused[each.number] -= 1
            raise RuntimeError("not now")
        self.batches.append(len(events))
        self.taken += events

    def heard(self):
        return [each.number for each in self.taken]


def holding(name, epoch=1):
    """As if a lease was held, for a day."""
    tenure = Tenure()
    tenure.begin()
    tenure.beaten(time.monotonic() + 86_400)
    tenure.took(Taken(name, epoch))
    return tenure


async def say(database, *numbers, who=None, then=None):
    now = datetime.now(UTC)
    async with database.transaction("tests.say") as tx:
        tx.announce(*(Said(who=who or uuid4(), number=each, occurred_at=now) for each in numbers))
        if then is not None:
            raise then


async def until(promise):
    async with asyncio.timeout(WHILE):
        while not promise():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


async def in_the_stream(stream, broker):
    """The numbers said, in order, without the leaders' markers."""
    found = await piece(broker, stream.name, 1, 10_000, seconds=5)
    return [
        msgspec.json.decode(each.data)["number"]
        for each in found
        if each.headers["Nats-Subject"] == stream.subject("tests.said")
    ]
