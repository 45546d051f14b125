"""Reads that wait at the same moment become one, and may be kept for a while.

What is invalidated while it is being loaded is answered, for the caller asked before, but not
kept. A caller never joins a load that was sent before he asked, so that he reads his own writes.
What is kept is answered only as long as somebody vouches for it (caches/).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import Context
from copy import copy
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST_AT_ONCE = 500
LANES = 2


class _Waiting(Generic[K, V]):
    """One caller, until the last of his keys is there."""

    __slots__ = ("found", "future", "left")

    def __init__(self, found: dict[K, V], left: int) -> None:
        self.found = found
        self.left = left
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self) -> None:
        self.left -= 1
        if not self.left and not self.future.done():
            self.future.set_result(None)

    def fail(self, error: BaseException) -> None:
        if self.future.done():
            return
        if isinstance(error, Exception):
            self.future.set_exception(_own(error))
            self.future.exception()  # its caller may be gone this very moment: no complaint then
        else:
            self.future.cancel()


def _own(error: Exception) -> Exception:
    """Raised by many, one exception would gather the traces of all."""
    try:
        mine = copy(error)
    except Exception:  # noqa: BLE001  # not every class can be copied
        return error
    mine.__cause__ = error
    return mine


class Loader(Generic[K, V]):
    """What `fetch` knows of keys, asked for many at a time.

    `fetch` leaves out what does not exist; that is not kept. `ttl` is in seconds, 0 keeps nothing;
    `size` is how many values are kept at most: those unused for longest go first.
    """

    def __init__(
        self,
        fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        *,
        ttl: float,
        size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._ttl = ttl
        self._size = size if ttl > 0 else 0
        self._clock = clock
        self._trusted_until = float("inf")
        self.doubted = 0
        """How often something was kept that nobody vouched for, so that the truth was read."""
        self.hits = self.misses = 0
        self._kept: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._unsent: dict[K, list[_Waiting[K, V]]] = {}
        # The keys on their way, each in one batch only; True while what comes back may be kept.
        self._sent: dict[K, bool] = {}
        self._free = LANES
        self._lanes: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def hit(self, key: K) -> V | None:
        """What is kept of a key; None does not say that it does not exist."""
        kept = self._kept.get(key)
        if kept is not None and kept[1] > (now := self._clock()) and self._trusted_until > now:
            self._kept.move_to_end(key)
            self.hits += 1
            return kept[0]
        return None

    async def get(self, key: K) -> V | None:
        """Raises what `fetch` raises."""
        kept = self.hit(key)
        if kept is not None:
            return kept
        self.misses += 1
        self._doubt([key])
        return (await self._load([key], {})).get(key)

    async def get_many(self, keys: Iterable[K]) -> dict[K, V]:
        """Those that exist. Raises what `fetch` raises."""
        now = self._clock()
        found: dict[K, V] = {}
        missing = []
        for key in dict.fromkeys(keys):
            kept = self._kept.get(key)
            if kept is not None and kept[1] > now and self._trusted_until > now:
                self._kept.move_to_end(key)
                found[key] = kept[0]
            else:
                missing.append(key)
        self.hits += len(found)
        self.misses += len(missing)
        self._doubt(missing)
        return await self._load(missing, found) if missing else found

    async def truth(self, keys: Iterable[K]) -> dict[K, V]:
        """As it is now, for a decision: never from what is kept. Raises what `fetch` raises."""
        asked = list(dict.fromkeys(keys))
        return await self._load(asked, {}) if asked else {}

    def invalidate(self, keys: Iterable[K]) -> None:
        """To be called when a change is committed: what was read before it is not used again."""
        for key in keys:
            self._kept.pop(key, None)
            if key in self._sent:
                self._sent[key] = False

    def clear(self) -> None:
        """Forget everything, as when one may have missed an invalidation."""
        self._kept.clear()
        self._sent = dict.fromkeys(self._sent, False)

    def trust(self, until: float) -> None:
        """What is kept may be answered until then, by `clock`; for ever, if this is never told."""
        self._trusted_until = until

    def _doubt(self, missing: Sequence[K]) -> None:
        if self._trusted_until <= self._clock():
            self.doubted += sum(key in self._kept for key in missing)

    async def _load(self, missing: Sequence[K], found: dict[K, V]) -> dict[K, V]:
        waiting = _Waiting(found, len(missing))
        for key in missing:
            self._unsent.setdefault(key, []).append(waiting)
        if self._free and any(key not in self._sent for key in missing):
            self._free -= 1
            # A context of its own: a batch belongs to no one's request.
            lane = asyncio.get_running_loop().create_task(self._drain(), context=Context())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        await waiting.future
        return found

    async def _drain(self) -> None:
        try:
            while batch := self._take():
                await self._send(batch)
        finally:
            self._free += 1

    def _take(self) -> dict[K, list[_Waiting[K, V]]]:
        """The next keys that no other lane is loading: one load of a key at a time."""
        batch = {}
        for key in self._unsent:
            if key not in self._sent:
                batch[key] = self._unsent[key]
                if len(batch) == MOST_AT_ONCE:
                    break
        for key in batch:
            del self._unsent[key]
            self._sent[key] = True
        return batch

    async def _send(self, batch: Mapping[K, list[_Waiting[K, V]]]) -> None:
        asked_at = self._clock()
        try:
            values = await self._fetch(list(batch))
        except BaseException as error:
            for key, all_waiting in batch.items():
                del self._sent[key]
                for waiting in all_waiting:
                    waiting.fail(error)
            if not isinstance(error, Exception):
                raise
            return
        for key, all_waiting in batch.items():
            fresh = self._sent.pop(key)
            if key in values:
                value = values[key]
                if fresh and self._trusted_until > asked_at:
                    self._keep(key, value, asked_at + self._ttl)
                for waiting in all_waiting:
                    waiting.found[key] = value
            for waiting in all_waiting:
                waiting.settle()

    def _keep(self, key: K, value: V, until: float) -> None:
        if not self._size:
            return
        self._kept[key] = (value, until)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
