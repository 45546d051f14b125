"""One transaction per decision, and everything a decision leaves behind in it."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar, overload
from uuid import UUID

import asyncpg
import msgspec

from plaza.platform import idempotency
from plaza.platform.audit import Act
from plaza.platform.caller import Claim
from plaza.platform.events import Event
from plaza.platform.idempotency import PATIENCE, HeldElsewhere, Keys, identity, replay
from plaza.platform.ids import DecisionId, uuid7
from plaza.platform.outbox import announced, encode
from plaza.platform.pool import PAUSES, Lost, Pool, connected, pause
from plaza.platform.problems import Unavailable
from plaza.platform.sql import Connection, bind

A = TypeVar("A")

TRY_AGAIN = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,  # a migration changed what a prepared statement returns
)
"""The transaction is gone without a trace, and may go better next time."""


class Writes(Protocol):
    async def announce(
        self,
        ids: Sequence[UUID],
        topics: Sequence[str],
        keys: Sequence[UUID],
        payloads: Sequence[bytes],
    ) -> None: ...

    async def audit(self, acts: Sequence[Act]) -> None: ...


writes = bind(Writes, Path(__file__).with_name("database.sql"))


class Transaction:
    """What is announced and audited is written at the end, so that no lock waits for it."""

    def __init__(self, connection: Connection, events: list[Event]) -> None:
        """`events` is where what is announced gathers."""
        self.connection = connection
        self._events = events
        self._acts: list[Act] = []
        self.lanes: set[str] = set()
        """Of the jobs it leaves, which are to be done at once (jobs.py)."""

    def announce(self, *events: Event) -> None:
        """Kept if and only if the transaction commits; a relay delivers it afterwards."""
        self._events += events

    def audit(self, *acts: Act) -> None:
        """Kept if and only if the transaction commits."""
        self._acts += acts

    async def take_back(self, claim: Claim) -> None:
        """Keep its answer no longer: this transaction undoes what was answered."""
        await idempotency.queries(self.connection).take_back(*identity(claim))

    async def leave(self) -> None:
        """The last statements before the commit."""
        if self._events:
            await writes(self.connection).announce(*zip(*announced(self._events), strict=True))
        if self._acts:
            await writes(self.connection).audit(self._acts)


Decide = Callable[[Transaction], Awaitable[A]]


def _nobody_hears(*_: str) -> None:
    pass


def _nobody_remembers(_: Sequence[Event]) -> None:
    pass


class Database:
    """Whatever goes wrong with Postgres itself comes out as Unavailable, never as its own error."""

    def __init__(self, pool: Pool, *, patience: float = PATIENCE) -> None:
        """`patience` is how many seconds a request waits for another one with its key."""
        self._pool = pool
        self.keys = Keys(patience)
        self.announced: Callable[[], None] = _nobody_hears
        """Called when a transaction with events was committed."""
        self.enqueued: Callable[[str], None] = _nobody_hears
        """Called when a transaction with jobs for a lane was committed."""
        self.outdating: Callable[[Sequence[Event]], None] = _nobody_remembers
        """Called with the events of what was committed, or may have been, before anyone is told."""
        self.topics: Counter[str] = Counter()
        """How often each was announced."""

    def committed(self, events: Iterable[Event]) -> None:
        """They are true now, and on their way."""
        self.topics.update(each.topic for each in events)
        self.announced()

    def reading(self, name: str = "a read") -> AbstractAsyncContextManager[Connection]:
        """A connection for statements that each stand alone. Raises Unavailable."""
        return connected(self._pool, name)

    @asynccontextmanager
    async def transaction(self, name: str) -> AsyncIterator[Transaction]:
        """One transaction, tried once; an error, also a Problem, undoes it.

        `name` is `<context>.<verb>`. Raises Unavailable; Lost if it may have happened all the same.
        """
        events: list[Event] = []
        try:
            async with connected(self._pool, name) as connection, connection.transaction():
                tx = Transaction(connection, events)
                yield tx
                await tx.leave()
        finally:
            if events:
                self.outdating(events)
        if events:
            self.committed(events)
        for lane in tx.lanes:
            self.enqueued(lane)

    @overload
    async def decide(self, name: str, decision: Decide[A]) -> A: ...

    @overload
    async def decide(
        self, name: str, decision: Decide[A], *, claim: Claim | None, answer: type[A]
    ) -> A: ...

    async def decide(
        self, name: str, decision: Decide[A], *, claim: Claim | None = None, answer: Any = None
    ) -> A:
        """The answer of `decision`, run in one transaction that is repeated if it must be.

        `decision` may run more than once, so that it changes nothing outside the transaction. With
        a claim its answer, a thing of type `answer`, is kept in the same transaction; whoever
        brings the key again gets it and nothing runs. Raises what `decision` raises, KeyReused,
        KeyInFlight and Unavailable. Without a claim, after Lost the outcome is unknown.
        """
        if claim is None:
            return await self._repeated(name, decision)
        if answer is None:
            raise TypeError("a kept answer needs its type, to be read again")
        return await self._claimed(name, decision, claim, answer)

    async def check(self) -> None:
        """Raises where the database would not take work now."""
        async with self.reading("platform.check") as connection:
            await connection.fetchval("select 1")

    async def recall(self, claim: Claim) -> bytes | None:
        """The answer kept for this key, encoded; the claim is then replayed. Raises KeyReused."""
        async with self.reading("platform.recall") as connection:
            found = await idempotency.find(connection, [identity(claim)])
        for kept in found.values():
            replay(claim, kept.request_hash)
            return kept.answer
        return None

    async def _repeated(
        self, name: str, decision: Decide[A], extra: tuple[type[Exception], ...] = ()
    ) -> A:
        repeated: tuple[type[Exception], ...] = (*TRY_AGAIN, *extra)
        for seconds in (*PAUSES, None):
            try:
                async with self.transaction(name) as tx:
                    return await decision(tx)
            except repeated as error:
                if seconds is None:
                    raise Unavailable from error
            await pause(seconds)
        raise AssertionError

    async def _claimed(self, name: str, decision: Decide[A], claim: Claim, answer: type[A]) -> A:
        """After a lost connection the kept row says whether our try was committed."""
        key, mine = identity(claim), DecisionId(uuid7())

        async def claimed(tx: Transaction) -> A:
            queries = idempotency.queries(tx.connection)
            reached = await queries.reach(key.lock, *key)
            if reached.answer is not None and reached.request_hash is not None:
                if reached.decision_id != mine:
                    replay(claim, reached.request_hash)
                return msgspec.json.decode(reached.answer, type=answer)
            if not reached.free:
                raise HeldElsewhere
            result = await decision(tx)
            if not await queries.keep(*key, claim.request_hash, mine, encode(result)):
                raise _Overtaken
            return result

        return await self.keys.once(
            claim, lambda: self._repeated(name, claimed, extra=(_Overtaken, Lost))
        )


class _Overtaken(Exception):
    """Another one kept an answer between our look and our lock; ours is undone."""
