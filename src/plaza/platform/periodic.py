"""Work that comes round: once per slot, whichever process does it, and all can see how it went.

Slots are counted from 1970. A slot is over when its work has ended, well or not; if its process
dies or freezes first, another does it when the lease ends. Slots that nobody was there for are
done once, together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog
from msgspec import Struct

from plaza.platform.database import Database
from plaza.platform.health import Degraded
from plaza.platform.logs import brief
from plaza.platform.problems import Unavailable
from plaza.platform.sql import bind

log = structlog.get_logger()

LOOK_SECONDS = 1.0
LEASE_SECONDS = 300.0
OVERDUE_SECONDS = 900.0

Run = Callable[[datetime], Awaitable[int]]
"""Does what a slot is for, perhaps again, in five minutes at most; tells how much there was."""


class Periodic(Struct, frozen=True, kw_only=True):
    run: Run
    every: timedelta


class Turn(Struct, frozen=True):
    """A slot that this process works on."""

    name: str
    slot: datetime
    attempt: int


class Standing(Struct, frozen=True, kw_only=True):
    """How a work went the last time; `late` is by how many seconds it is overdue, if above 0."""

    name: str
    ended_at: datetime | None
    done: int | None
    error: str | None
    late: float


class PeriodicQueries(Protocol):
    async def arrange(self, names: Sequence[str], everys: Sequence[timedelta]) -> None: ...

    async def take(self, names: Sequence[str], lease: float) -> Turn | None: ...

    async def finish(
        self, name: str, attempt: int, done: int | None, error: str | None
    ) -> bool | None: ...

    async def standing(self) -> list[Standing]: ...


queries = bind(PeriodicQueries, Path(__file__).with_name("periodic.sql"))


class Timetable:
    """`run` in as many processes as one likes, until it is cancelled."""

    def __init__(
        self, database: Database, works: Mapping[str, Periodic], *, lease: float = LEASE_SECONDS
    ) -> None:
        """`works` by name: `<context>.<what is done>`."""
        self._database = database
        self._works = works
        self._lease = lease

    async def run(self) -> None:
        arranged = False
        while True:
            try:
                if not arranged:
                    await self.arrange()
                    arranged = True
                if await self.turn():
                    continue
            except Unavailable:
                log.warning("periodic work waits for the database")
            await asyncio.sleep(LOOK_SECONDS)

    async def arrange(self) -> None:
        """Make the table know these works, and no other."""
        async with self._database.reading("platform.periodic") as connection:
            everys = [work.every for work in self._works.values()]
            await queries(connection).arrange(list(self._works), everys)

    async def turn(self) -> bool:
        """Do one work that is due; whether there was one. Raises Unavailable."""
        async with self._database.reading("platform.periodic") as connection:
            turn = await queries(connection).take(list(self._works), self._lease)
        if turn is None:
            return False
        done, error = await self._attempt(turn)
        async with self._database.reading("platform.periodic") as connection:
            if not await queries(connection).finish(turn.name, turn.attempt, done, error):
                log.warning("periodic work ended too late", work=turn.name)
        return True

    async def _attempt(self, turn: Turn) -> tuple[int | None, str | None]:
        try:
            async with asyncio.timeout(self._lease):
                return await self._works[turn.name].run(turn.slot), None
        except Unavailable:
            raise  # it is not over: the lease ends soon, and the slot is done then
        except Exception as error:
            log.exception("periodic work failed", work=turn.name)
            return None, brief(error)


async def standing(database: Database) -> list[Standing]:
    """Every work by name. Raises Unavailable."""
    async with database.reading("platform.periodic") as connection:
        return await queries(connection).standing()


async def check(database: Database) -> None:
    """Raises Degraded for work that nobody does, or that failed the last time: the log says why."""
    for each in await standing(database):
        if each.error is not None:
            raise Degraded(f"{each.name} failed")
        if each.late > OVERDUE_SECONDS:
            raise Degraded(f"{each.name} is {each.late:.0f} s late")
