"""What this process remembers: each noun in a loader of its own, told together what is outdated.

A key is an id and never holds a viewer: what is kept is facts, and rules run on every answer.
"""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from plaza.platform.events import Event
from plaza.platform.loader import Loader

K = TypeVar("K", bound=UUID)
V = TypeVar("V")


class Caches:
    """Trusted for ever, until somebody `trust`s them for a time (invalidation.py)."""

    def __init__(self, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is kept for longer than `seconds`, whatever is heard; 0 keeps nothing."""
        self._seconds = seconds
        self._clock = clock
        self._until = float("inf")
        self._loaders: dict[str, Loader[Any, Any]] = {}

    def loader(
        self, noun: str, fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], *, size: int
    ) -> Loader[K, V]:
        """`noun` is what events say they outdate; `size` is how many are kept at most."""
        if noun in self._loaders:
            raise ValueError(f"{noun} has its loader already")
        loader = Loader(fetch, ttl=self._seconds, size=size, clock=self._clock)
        loader.trust(self._until)
        self._loaders[noun] = loader
        return loader

    def forget(self, outdated: Mapping[str, Iterable[UUID]]) -> None:
        """What another process of another release calls a noun may be nothing here."""
        for noun, ids in outdated.items():
            if noun in self._loaders:
                self._loaders[noun].invalidate(ids)

    def outdate(self, events: Iterable[Event]) -> Mapping[str, Collection[UUID]]:
        """Forget what these events say is not true any more: that, by noun."""
        outdated = outdated_by(events)
        self.forget(outdated)
        return outdated

    def forget_all(self) -> None:
        for loader in self._loaders.values():
            loader.clear()

    def trust(self, until: float) -> None:
        """Nothing that is kept is answered from then on, by `clock`, unless told again."""
        self._until = until
        for loader in self._loaders.values():
            loader.trust(until)

    @property
    def loaders(self) -> Mapping[str, Loader[Any, Any]]:
        """By noun."""
        return self._loaders

    @property
    def kept(self) -> int:
        return sum(len(loader) for loader in self._loaders.values())

    @property
    def doubted(self) -> int:
        """Reads of the truth though something was kept: nobody vouched for it."""
        return sum(loader.doubted for loader in self._loaders.values())


def outdated_by(events: Iterable[Event]) -> dict[str, set[UUID]]:
    """By noun."""
    outdated: dict[str, set[UUID]] = defaultdict(set)
    for event in events:
        for noun, ids in event.outdates.items():
            outdated[noun].update(ids)
    return outdated
