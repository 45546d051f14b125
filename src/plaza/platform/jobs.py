"""Work for later: a row written with the decision that wants it, done at least once.

A job whose worker died is taken again when its lease is over, one that failed after a growing
pause, and one that has no try left is buried, after what it asked for was undone.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct, field

from plaza.platform.database import Database, Transaction
from plaza.platform.health import Degraded
from plaza.platform.ids import uuid7
from plaza.platform.logs import brief
from plaza.platform.problems import Unavailable
from plaza.platform.sql import Connection, bind
from plaza.platform.sweeping import Broom

log = structlog.get_logger()

MAIL, DEFAULT, BULK = "mail", "default", "bulk"
"""Lanes: what people wait for at a screen, what may take a minute, what may take hours."""
POKE = "plaza.jobs."
"""And the lane: the subject on which who enqueues pokes who works."""
LOOK_SECONDS = 0.5
LATE_SECONDS = 60.0
DEAD_FOR = timedelta(days=30)


class Hopeless(Exception):
    """Raised by work that no further try can do: it is given up at once."""


class NewJob(Struct, frozen=True, kw_only=True):
    """`kind` is `<context>.<what is to be done>`; `payload` is never a secret.

    Of one `kind` and `unique_key` there is one live job at most: a second one joins it, and is
    done with it or, where it has begun, after it, with the first one's payload. It is due at once
    unless `due_at` says when.
    """

    kind: str
    payload: Mapping[str, Any]
    lane: str = DEFAULT
    unique_key: str | None = None
    due_at: datetime | None = None
    id: UUID = field(default_factory=uuid7)


class Job(Struct, frozen=True, kw_only=True):
    """A try of a job; `attempts` counts this one."""

    id: UUID
    lane: str
    kind: str
    payload: dict[str, Any]
    attempts: int


Handler = Callable[[Job], Awaitable[None]]


class Work(Struct, frozen=True, kw_only=True):
    """How jobs of one kind are done.

    `run` may be called again for a job it has done. `give_up` undoes what asked for it, when no
    try is left; it may be called again too. A try takes `lease` seconds at most; before the second
    one `pause` seconds pass, before each further one twice as many, up to `longest`.
    """

    run: Handler
    give_up: Handler | None = None
    tries: int = 10
    lease: float = 60.0
    pause: float = 5.0
    longest: float = 3600.0

    def rest(self, attempts: int) -> float:
        """Seconds before the next try; chance spreads those that failed together."""
        seconds = min(self.longest, self.pause * 2.0 ** min(attempts - 1, 30))
        return seconds * random.uniform(0.5, 1.0)  # noqa: S311  # chance, no secret


class Lane(Struct, frozen=True, kw_only=True):
    """How many jobs of it wait, are worked on, and were given up.

    `late` is how many seconds ago the first was due that nobody works on; 0.0 where none is.
    """

    lane: str
    waiting: int
    held: int
    dead: int
    late: float


class JobQueries(Protocol):
    async def enqueue(  # noqa: PLR0913  # a statement takes its columns
        self,
        id: UUID,  # noqa: A002  # the column's name
        lane: str,
        kind: str,
        unique_key: str | None,
        payload: Mapping[str, Any],
        due_at: datetime | None,
    ) -> None: ...

    async def withdraw(self, kind: str, unique_key: str) -> None: ...

    async def take(
        self, lane: str, kinds: Sequence[str], count: int, lease: float
    ) -> list[Job]: ...

    async def hold(self, id: UUID, attempts: int, lease: float) -> bool | None: ...  # noqa: A002

    async def done(self, id: UUID, attempts: int) -> None: ...  # noqa: A002

    async def later(self, id: UUID, attempts: int, seconds: float, error: str) -> None: ...  # noqa: A002

    async def forget_dead(self, before: datetime, count: int) -> int: ...

    async def bury(self, id: UUID, attempts: int, error: str) -> None: ...  # noqa: A002

    async def standing(self) -> list[Lane]: ...


queries = bind(JobQueries, Path(__file__).with_name("jobs.sql"))


async def enqueue(tx: Transaction, job: NewJob) -> None:
    """To be done if and only if the transaction commits."""
    await queries(tx.connection).enqueue(**msgspec.structs.asdict(job))
    if job.due_at is None:
        tx.lanes.add(job.lane)


async def withdraw(connection: Connection, kind: str, unique_key: str) -> None:
    """Not to be done any more, if the connection's transaction commits."""
    await queries(connection).withdraw(kind, unique_key)


async def standing(database: Database) -> list[Lane]:
    """Every lane that has a job, by name. Raises Unavailable."""
    async with database.reading("platform.jobs") as connection:
        return await queries(connection).standing()


async def check(database: Database) -> None:
    """Raises Degraded while jobs that people wait for are late: perhaps no worker runs."""
    for each in await standing(database):
        if each.lane != BULK and each.late > LATE_SECONDS:
            raise Degraded(f"jobs of the lane {each.lane} are {each.late:.0f} s late")


def forget_dead(database: Database) -> Broom:
    """Dead jobs are kept for a month, to be looked at."""

    async def forget(now: datetime, count: int) -> int:
        async with database.reading("platform.sweep_jobs") as connection:
            return await queries(connection).forget_dead(now - DEAD_FOR, count)

    return forget


class Jobs:
    """Works on one lane, in as many processes as one likes; `run` until it is cancelled."""

    def __init__(
        self,
        database: Database,
        lane: str,
        works: Mapping[str, Work],
        *,
        width: int = 4,
        grace: float = 0.0,
    ) -> None:
        """`works` by kind; other kinds are left to others.

        `width` is how many at a time, `grace` how many seconds those in hand have at the end.
        """
        self._database = database
        self._lane = lane
        self._works = works
        self._width = width
        self._grace = grace
        self._lease = max(work.lease for work in works.values())
        self._busy: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    def poke(self) -> None:
        """There is something to do: look at once. Otherwise it looks every half second."""
        self._news.set()

    async def run(self) -> None:
        try:
            while True:
                await self._turn()
        finally:
            if self._busy:
                await asyncio.wait(self._busy, timeout=self._grace)
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)

    async def work_off(self) -> int:
        """Do what is due now, and tell how many that was."""
        count = 0
        while jobs := await self._take(self._width):
            await asyncio.gather(*(self._try(job) for job in jobs))
            count += len(jobs)
        return count

    async def _turn(self) -> None:
        """Take as many as there are hands for; look again when a hand is free or after a while."""
        self._news.clear()
        free = self._width - len(self._busy)
        jobs = await self._take_if_possible(free) if free else []
        for job in jobs:
            task = asyncio.create_task(self._try(job))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        if len(self._busy) == self._width:
            await asyncio.wait(self._busy, return_when=asyncio.FIRST_COMPLETED)
        elif len(jobs) < free:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()

    async def _take_if_possible(self, count: int) -> list[Job]:
        """Whatever is wrong with the database now, this worker outlives it."""
        try:
            return await self._take(count)
        except Unavailable:
            log.warning("jobs wait for the database", lane=self._lane)
        except Exception:
            log.exception("jobs could not be taken", lane=self._lane)
        return []

    async def _take(self, count: int) -> list[Job]:
        async with self._database.reading("platform.jobs") as connection:
            return await queries(connection).take(self._lane, list(self._works), count, self._lease)

    async def _try(self, job: Job) -> None:
        """Whatever happens, the row says so; if even that fails, the lease ends.

        Who comes after the lease changes nothing: the next one has another number of attempts.
        """
        work = self._works[job.kind]
        try:
            error = await self._attempt(job, work)
            async with self._database.reading("platform.jobs") as connection:
                if error is None:
                    await queries(connection).done(job.id, job.attempts)
                elif job.attempts < work.tries and not isinstance(error, Hopeless):
                    await queries(connection).later(
                        job.id, job.attempts, work.rest(job.attempts), brief(error)
                    )
                else:
                    await queries(connection).bury(job.id, job.attempts, brief(error))
        except Exception:
            log.exception("a job was left as it is", kind=job.kind, job_id=job.id)

    async def _attempt(self, job: Job, work: Work) -> Exception | None:
        """Why it failed; the last failure is undone before it is told.

        More tries than there are mean that the last one, or undoing it, took the process with it.
        """
        error: Exception = Hopeless("its worker died at the last try")
        if job.attempts <= work.tries:
            try:
                async with asyncio.timeout(work.lease):
                    await work.run(job)
            except Exception as failure:  # noqa: BLE001  # whatever it is, the job has failed
                error = failure
                log.warning(
                    "a job failed",
                    kind=job.kind,
                    job_id=job.id,
                    attempts=job.attempts,
                    error=brief(failure),
                )
            else:
                return None
        last = job.attempts >= work.tries or isinstance(error, Hopeless)
        if last and work.give_up is not None and await self._holds(job, work):
            async with asyncio.timeout(work.lease):
                await work.give_up(job)
        return error

    async def _holds(self, job: Job, work: Work) -> bool:
        """Whether it is still ours, for another lease: who was frozen undoes nothing."""
        async with self._database.reading("platform.jobs") as connection:
            held = await queries(connection).hold(job.id, job.attempts, work.lease)
        return held is not None
