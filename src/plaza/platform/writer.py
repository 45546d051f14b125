"""Many callers' decisions in one statement, each with its own outcome.

What concurrent requests want to insert at the same moment becomes one round trip and one commit.
Whoever waits is told what became of his own row, by its id: written, already so, refused, or
answered before under the same Idempotency-Key. A row that Postgres refuses takes nobody with it:
its batch is halved until it stands alone. Lock order is by id within every batch, and keys are
claimed without waiting, so that processes cannot block each other in a circle.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextvars import Context
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from plaza.platform import idempotency
from plaza.platform.audit import Act
from plaza.platform.caller import Claim
from plaza.platform.database import TRY_AGAIN, Database
from plaza.platform.events import Event
from plaza.platform.idempotency import HeldElsewhere, Kept, identity, replay
from plaza.platform.outbox import Announced, announced, encode
from plaza.platform.pool import PAUSES, Lost, pause
from plaza.platform.problems import Problem, Unavailable
from plaza.platform.sql import Writing, is_enum, numbered, parameters, read

A = TypeVar("A")

MOST_AT_ONCE = 128
LANES = 2
MOST_WAITING = 10_000
"""Beyond it a write is refused at once: what stands further back would time out anyway."""

(FRAME,) = read(Path(__file__).with_name("writer.sql"))
FRAMED = "written (id) as (\n    select id from fresh\n)"


class Decision(Struct, Generic[A], frozen=True, kw_only=True):
    """What a service decided, as a value: it has happened when the Writer has written it.

    `row` has the columns of the Writer's statement and an `id` made for this decision alone. The
    ids and times are made before, so that `answer` is known before the commit. If the row turns
    out to be there already (`on conflict do nothing`), `otherwise` is raised, or the answer given
    where there is no `otherwise`; in both cases nothing is announced or audited.
    """

    answer: A
    row: Struct
    events: Sequence[Event] = ()
    acts: Sequence[Act] = ()
    claim: Claim | None = None
    otherwise: Problem | None = None


class _Waiting:
    """A decision on its way; what a bad one breaks when it is encoded hits its caller alone."""

    __slots__ = ("answer", "claim", "decision", "events", "future", "id")

    def __init__(self, decision: Decision[Any]) -> None:
        self.decision = decision
        self.claim = decision.claim
        self.id: UUID = decision.row.id  # type: ignore[attr-defined]  # Bound.writing saw to it
        self.events: Sequence[Announced] = announced(decision.events) if decision.events else ()
        self.answer = b"" if decision.claim is None else encode(decision.answer)
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def succeed(self, answer: object) -> None:
        if not self.future.done():
            self.future.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # its caller may be gone this very moment: no complaint then


class Writer:
    """One per statement and process."""

    def __init__(self, database: Database, writing: Writing, *, lanes: int = LANES) -> None:
        """At most `lanes` batches are under way at a time."""
        names = parameters(FRAME.text)
        body = numbered(writing.text, writing.row.__struct_fields__, len(names))
        before, after = numbered(FRAME.text, names, 0).split(FRAMED)
        self._sql = f"{before}written (id) as ({body}){after}"
        self._name = writing.name
        self._row = writing.row
        hints = get_type_hints(writing.row, include_extras=True)
        self._enums = any(is_enum(hint) for hint in hints.values())
        self._database = database
        self._queue: deque[_Waiting] = deque()
        self._free = lanes
        self._lanes: set[asyncio.Task[None]] = set()

    async def write(self, decision: Decision[A]) -> A:
        """The answer, once it is committed.

        Raises `otherwise`, KeyReused, KeyInFlight, what Postgres says of this row if it is a bug,
        and Unavailable; without a claim the outcome is then unknown where the connection broke.
        Cancelling takes back what was not sent yet, and never touches others.
        """
        claim = decision.claim
        if claim is None:
            return await self._put(decision)
        if decision.otherwise is not None:
            raise TypeError("a claim keeps its answer, so that it cannot be refused: use `decide`")
        return await self._database.keys.once(claim, lambda: self._put(decision))

    def _put(self, decision: Decision[A]) -> asyncio.Future[A]:
        if type(decision.row) is not self._row:
            raise TypeError(f"{self._name} writes {self._row}")
        if len(self._queue) >= MOST_WAITING:
            raise Unavailable
        waiting = _Waiting(decision)
        self._queue.append(waiting)
        if self._free:
            self._free -= 1
            # A context of its own: a batch belongs to no one's request.
            lane = asyncio.get_running_loop().create_task(self._drain(), context=Context())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return waiting.future

    async def _drain(self) -> None:
        batch: list[_Waiting] = []
        try:
            while batch := self._take():
                await self._settle(batch)
        finally:
            self._free += 1
            for each in batch:  # only when the lane itself is cancelled, as the loop ends
                each.future.cancel()

    def _take(self) -> list[_Waiting]:
        """The next ones still waited for; outcomes go by id, so that no id is there twice."""
        batch: dict[UUID, _Waiting] = {}
        while self._queue and len(batch) < MOST_AT_ONCE:
            if self._queue[0].id in batch:
                break
            each = self._queue.popleft()
            if not each.future.done():
                batch[each.id] = each
        return list(batch.values())

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Give every decision of the batch its outcome."""
        unlucky: Exception = Unavailable()
        for seconds in (*PAUSES, None):
            try:
                outcomes = await self._send(batch)
            except Lost as error:
                # A claim knows its own decision again; the others may be there or not, and to try
                # them once more could refuse what has happened.
                batch = _fail((each for each in batch if each.claim is None), batch, error)
                unlucky = error
            except TRY_AGAIN as error:
                unlucky = error
            except Unavailable as error:
                _fail(batch, batch, error)
                return
            except Exception as error:  # noqa: BLE001  # whatever it is, it is one caller's
                await self._halve(batch, error)
                return
            else:
                if events := [event for each in batch for event in each.decision.events]:
                    self._database.outdating(events)
                    self._database.committed(events)
                await self._tell(batch, outcomes)
                return
            if not batch:
                return
            if seconds is not None:
                await pause(seconds)
        _fail(batch, batch, unlucky)

    async def _halve(self, batch: Sequence[_Waiting], error: Exception) -> None:
        if len(batch) == 1:
            batch[0].fail(error)
            return
        middle = len(batch) // 2
        await self._settle(batch[:middle])
        await self._settle(batch[middle:])

    async def _send(self, batch: Sequence[_Waiting]) -> Mapping[UUID, str]:
        async with self._database.reading(self._name) as connection:
            rows = await connection.fetch(self._sql, *self._arguments(batch))
        return {row["id"]: row["outcome"] for row in rows}

    def _arguments(self, batch: Sequence[_Waiting]) -> list[Sequence[Any]]:
        """In the order of the frame's parameters, then of the row's fields."""
        claims = (
            (
                *(key := identity(each.claim)),
                each.claim.request_hash,
                each.id,
                each.answer,
                key.lock,
            )
            for each in batch
            if each.claim is not None
        )
        events = ((each.id, *event) for each in batch for event in each.events)
        rows: Iterable[Sequence[Any]] = (astuple(each.decision.row) for each in batch)
        if self._enums:
            rows = ([v.value if isinstance(v, Enum) else v for v in row] for row in rows)
        return [
            *_columns(claims, 7),
            [each.id for each in batch if each.claim is None],
            *_columns(events, 1 + len(Announced._fields)),
            [(each.id, act) for each in batch for act in each.decision.acts],
            *_columns(rows, 0),
        ]

    async def _tell(self, batch: Sequence[_Waiting], outcomes: Mapping[UUID, str]) -> None:
        kept = []
        for each in batch:
            match outcomes.get(each.id):
                case "written":
                    each.succeed(each.decision.answer)
                case "already" if each.decision.otherwise is not None:
                    each.fail(each.decision.otherwise)
                case "already":
                    each.succeed(each.decision.answer)
                case "held":
                    each.fail(HeldElsewhere())
                case _:
                    kept.append((each, identity(each.claim)))  # type: ignore[arg-type]
        if kept:
            await self._replay(dict(kept))

    async def _replay(self, kept: Mapping[_Waiting, idempotency.Identity]) -> None:
        """Their keys had an answer before this batch."""
        try:
            async with self._database.reading(f"{self._name}, replay") as connection:
                found = await idempotency.find(connection, list(kept.values()))
        except Exception as error:  # noqa: BLE001  # nothing of theirs was written: all may know
            _fail(kept, kept, error)
            return
        for each, key in kept.items():
            _replay(each, found.get(key))


def _replay(each: _Waiting, kept: Kept | None) -> None:
    answer = each.decision.answer
    if kept is None or each.claim is None:
        each.fail(HeldElsewhere())  # forgotten since: once more, then
    elif kept.decision_id == each.id:
        each.succeed(answer)  # our own, from a try whose end we did not hear
    else:
        try:
            replay(each.claim, kept.request_hash)
            each.succeed(msgspec.json.decode(kept.answer, type=type(answer)))
        except Exception as error:  # noqa: BLE001  # KeyReused, or an answer of an older shape
            each.fail(error)


def _fail(which: Iterable[_Waiting], batch: Iterable[_Waiting], error: Exception) -> list[_Waiting]:
    """Those of the batch that are left."""
    failed = set(which)
    for each in failed:
        own = type(error)() if isinstance(error, Unavailable) else Unavailable()
        own.__cause__ = error
        each.fail(own)
    return [each for each in batch if each not in failed]


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) or [()] * width
