"""An Idempotency-Key gets one effect and one answer, however often and wherever it is sent.

The answer is kept in the transaction of its effect, so that there is never one without the other.
A refusal changed nothing and is not kept. While a key is worked on, others who send it wait: those
in this process for the first one here, those elsewhere for a lock that ends with the transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from plaza.platform.caller import Claim
from plaza.platform.problems import KeyInFlight, KeyReused
from plaza.platform.sql import Connection, bind

A = TypeVar("A")

PATIENCE = 5.0
"""Seconds one waits for another request with the same key (docs/spec.md, Idempotency-Key)."""

LOOK_AGAIN = 0.02


class Reached(Struct):
    free: bool
    decision_id: UUID | None
    request_hash: bytes | None
    answer: bytes | None


class Kept(Struct):
    scope: bytes
    operation: str
    key: str
    decision_id: UUID
    request_hash: bytes
    answer: bytes


class IdempotencyQueries(Protocol):
    async def reach(self, lock: int, scope: bytes, operation: str, key: str) -> Reached: ...

    async def keep(  # noqa: PLR0913  # a statement takes its columns
        self,
        scope: bytes,
        operation: str,
        key: str,
        request_hash: bytes,
        decision_id: UUID,
        answer: bytes,
    ) -> bool | None: ...

    async def among(
        self, scopes: Sequence[bytes], operations: Sequence[str], keys: Sequence[str]
    ) -> list[Kept]: ...

    async def take_back(self, scope: bytes, operation: str, key: str) -> None: ...

    async def forget(self, before: datetime, count: int) -> int:
        """Drop answers older than that, the oldest `count` at most; how many there were."""


queries = bind(IdempotencyQueries, Path(__file__).with_name("idempotency.sql"))


class HeldElsewhere(Exception):
    """Another process is at work on this key: nothing was done here."""


class Identity(NamedTuple):
    """Where a key is unique."""

    scope: bytes
    operation: str
    key: str

    @property
    def lock(self) -> int:
        """A Postgres advisory lock (bigint); two keys share one with a chance of 2^-64."""
        text = b"\0".join((self.operation.encode(), self.key.encode(), self.scope))
        return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)


def identity(claim: Claim) -> Identity:
    return Identity(claim.scope, claim.operation, claim.key)


async def find(connection: Connection, keys: Sequence[Identity]) -> dict[Identity, Kept]:
    """What is kept for those of the keys that have an answer."""
    found = await queries(connection).among(
        [key.scope for key in keys], [key.operation for key in keys], [key.key for key in keys]
    )
    return {Identity(kept.scope, kept.operation, kept.key): kept for kept in found}


def replay(claim: Claim, request_hash: bytes) -> None:
    """The key has an answer, which this claim gets. Raises KeyReused if its request is another."""
    if request_hash != claim.request_hash:
        raise KeyReused
    claim.replayed = True


class _Done(NamedTuple):
    request_hash: bytes
    answer: Any


class Keys:
    """The keys that are worked on in this process."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._first: dict[Identity, asyncio.Future[_Done | None]] = {}

    async def once(self, claim: Claim, work: Callable[[], Awaitable[A]]) -> A:
        """The answer of `work`, or of whoever did it first.

        If the first one fails or gives up, the next does the work itself. `work` raises
        HeldElsewhere to be called again. Raises KeyInFlight after the patience, KeyReused.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        key = identity(claim)
        while (first := self._first.get(key)) is not None:
            await asyncio.wait([first], timeout=until - loop.time())
            if not first.done():
                raise KeyInFlight
            done = first.result()
            if done is not None:
                replay(claim, done.request_hash)
                answer: A = done.answer
                return answer
        mine: asyncio.Future[_Done | None] = loop.create_future()
        self._first[key] = mine
        result = None
        try:
            answer = await _patiently(work, until)
            result = _Done(claim.request_hash, answer)
        finally:
            del self._first[key]
            mine.set_result(result)
        return answer


async def _patiently(work: Callable[[], Awaitable[A]], until: float) -> A:
    while True:
        try:
            return await work()
        except HeldElsewhere:
            if asyncio.get_running_loop().time() >= until:
                raise KeyInFlight from None
        await asyncio.sleep(LOOK_AGAIN)
