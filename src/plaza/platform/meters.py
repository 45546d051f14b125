"""What a process counts of itself: plain numbers, told when somebody asks."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: where a histogram's buckets end."""


class Family(Struct, frozen=True):
    """What readings of one name mean. A counter only grows until its process ends."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    sentence: str
    labels: tuple[str, ...] = ()


class Timing(Struct):
    """How long something took, each time: `counts` by bucket, the last without an end."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Reading(Struct, frozen=True):
    """One number of a family; `labels` are the values of the family's, in their order."""

    family: str
    labels: tuple[str, ...]
    value: float | Timing


Source = Callable[[], Iterable[Reading]]


class Meters:
    """The numbers of one process, read where they are counted."""

    def __init__(self, *sources: Source) -> None:
        self._sources = [*sources]

    def add(self, source: Source) -> None:
        self._sources.append(source)

    def read(self) -> list[Reading]:
        return [reading for source in self._sources for reading in source()]
