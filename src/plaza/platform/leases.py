"""Work that one process does at a time, whichever it is: who beats, leads; who is silent, does not.

A lease is a row, and each time it is taken its epoch is one higher. Its holder is a process that
says every second that it goes on. One that says nothing for a while is replaced, be it frozen or
cut off; one whose session ends, at once. A frozen process may wake and not know: what it still
does is refused by its epoch (relay.py) or by `Tenure.vouch` (reactions).
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import asyncpg
import structlog
from msgspec import Struct

from plaza.platform.database import Database
from plaza.platform.sql import Connection, bind

log = structlog.get_logger()

BEAT_SECONDS = 1.0
SILENCE_SECONDS = 4.0
"""Without a beat for so long, by the database's clock, a process is replaced."""
CONNECT_SECONDS = 5.0
FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""TimeoutError is an OSError."""

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Held = Callable[[], Awaitable[None]]
"""Runs for as long as the lease is held; cancelled when it is lost."""


class LeaseLost(Exception):
    """Another process leads by now, or may at any moment; `epoch` is its own, where it was seen."""

    def __init__(self, told: str = "", epoch: int = 0) -> None:
        super().__init__(told)
        self.epoch = epoch


class Taken(Struct, frozen=True):
    name: str
    epoch: int


class LeaseQueries(Protocol):
    async def stand(self, holder: int) -> None: ...

    async def hold(self, holder: int, seconds: float) -> None: ...

    async def offer(self, names: Sequence[str]) -> None: ...

    async def beat(self, holder: int, seconds: float) -> bool | None: ...

    async def replace(self, holder: int) -> None: ...

    async def take(self, holder: int, names: Sequence[str]) -> list[Taken]: ...

    async def give_back(self, name: str, holder: int, seen: int) -> None: ...

    async def leave(self, holder: int) -> None: ...

    async def vouch(self, holder: int) -> bool | None: ...

    async def led(self) -> list[str]: ...


queries = bind(LeaseQueries, Path(__file__).with_name("leases.sql"))


class Tenure:
    """What this process holds, as far as it knows."""

    def __init__(self) -> None:
        self.holder = 0
        self._epochs: dict[str, int] = {}
        self._sure_until = 0.0

    def epoch(self, name: str) -> int:
        """Higher than that of whoever held this lease before. Raises LeaseLost."""
        if name not in self._epochs or time.monotonic() > self._sure_until:
            raise LeaseLost(name)
        return self._epochs[name]

    async def vouch(self, connection: Connection) -> None:
        """Nobody is in our place until this transaction has ended. Raises LeaseLost."""
        if not await queries(connection).vouch(self.holder):
            raise LeaseLost

    def begin(self) -> int:
        """A number that no holder had before."""
        self._epochs.clear()
        self.holder = secrets.randbits(63)
        return self.holder

    def beaten(self, at: float) -> None:
        """The database heard us, at this monotonic time or later."""
        self._sure_until = at + SILENCE_SECONDS

    def took(self, taken: Taken) -> None:
        self._epochs[taken.name] = taken.epoch

    def gave_back(self, name: str) -> None:
        self._epochs.pop(name, None)


async def led(database: Database) -> Collection[str]:
    """Which leases somebody holds, and has said so lately."""
    async with database.reading("platform.led") as connection:
        return await queries(connection).led()


class Leases:
    """All the leases of a process stand and fall together, with one session and one beat."""

    def __init__(self, dsn: str, works: Mapping[str, Held], tenure: Tenure | None = None) -> None:
        """`works` by the name of their lease, which is the same in every process."""
        self._dsn = dsn
        self._works = works
        self._tenure = tenure or Tenure()
        self._running: dict[str, asyncio.Task[int]] = {}

    async def run(self) -> None:
        """Until it is cancelled; takes over what others let go."""
        while True:
            try:
                session = await asyncpg.connect(
                    self._dsn, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS
                )
            except FAILURES as error:
                log.warning("leases wait for the database", error=repr(error))
            else:
                try:
                    await self._keep(session)
                except FAILURES as error:
                    log.warning("leases are lost", error=repr(error))
                finally:
                    await self._let_go()
                    await _close(session, self._tenure.holder)
            await asyncio.sleep(BEAT_SECONDS)

    async def _keep(self, session: Session) -> None:
        holder = self._tenure.begin()
        ask, names = queries(session), list(self._works)
        await ask.stand(holder)
        await ask.hold(holder, SILENCE_SECONDS)
        await ask.offer(names)
        while True:
            began = time.monotonic()
            if not await ask.beat(holder, SILENCE_SECONDS):
                log.warning("another process took over while this one was silent")
                return
            self._tenure.beaten(began)
            for name, task in [each for each in self._running.items() if each[1].done()]:
                del self._running[name]
                self._tenure.gave_back(name)
                await ask.give_back(name, holder, 0 if task.cancelled() else task.result())
            await ask.replace(holder)
            for taken in await ask.take(holder, names):
                self._tenure.took(taken)
                work = _told(taken.name, self._works[taken.name])
                self._running[taken.name] = asyncio.create_task(work)
            await asyncio.sleep(BEAT_SECONDS)

    async def _let_go(self) -> None:
        """Cancelled until it ends: `asyncio.wait_for` may swallow one (python/cpython#86296)."""
        pending = set(self._running.values())
        for name in self._running:
            self._tenure.gave_back(name)
        self._running.clear()
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=BEAT_SECONDS)


async def _told(name: str, work: Held) -> int:
    """Works; the epoch it was lost to, or 0."""
    try:
        await work()
    except LeaseLost as lost:
        log.warning("a lease was lost", lease=name, epoch=lost.epoch)
        return lost.epoch
    except Exception:
        log.exception("work under a lease failed", lease=name)
    return 0


async def _close(session: Session, holder: int) -> None:
    try:
        await queries(session).leave(holder)
        await session.close(timeout=CONNECT_SECONDS)
    except FAILURES:
        session.terminate()
