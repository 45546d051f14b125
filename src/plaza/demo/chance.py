"""Chance that is the same every time: everything made up is drawn from here."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """What is drawn follows from the names alone, on every machine and every Python.

    Of the standard generator only `random()` is used: its sequence is promised to stay (Python,
    "Notes on Reproducibility"); how the others use it is not.
    """

    def __init__(self, *names: object) -> None:
        self._draw = Random("/".join(map(str, names))).random  # noqa: S311  # no secret comes of it

    def happens(self, odds: float) -> bool:
        return self._draw() < odds

    def below(self, count: int) -> int:
        return int(self._draw() * count)

    def bits(self, count: int) -> int:
        """More than one draw has."""
        half = count // 2
        return self.below(1 << half) << (count - half) | self.below(1 << (count - half))

    def pick(self, among: Sequence[T]) -> T:
        return among[int(self._draw() * len(among))]

    def several(self, among: Sequence[T], number: int) -> list[T]:
        """Different ones, at most so many."""
        return list(dict.fromkeys(self.pick(among) for _ in range(number)))

    def weighted(self, cumulative: Sequence[float]) -> int:
        """An index; each as likely as what its entry adds to the one before."""
        return bisect_right(cumulative, self._draw() * cumulative[-1], hi=len(cumulative) - 1)

    def skewed(self, among: Sequence[T]) -> T:
        """What stands first most of all, as words and tags are used (Zipf's law)."""
        return among[self.weighted(zipf(len(among)))]

    def about(self, mean: float) -> int:
        """The whole number below or above."""
        return int(mean + self._draw())

    def heavy(self, least: float, most: float) -> float:
        """Mostly near the least, now and then far above (Pareto's law)."""
        root = sqrt(1 - self._draw())  # exact everywhere, as `**` is not
        return min(least / (root * sqrt(root)), most)


def zipf(count: int) -> Sequence[float]:
    """Cumulative weights: the second half as likely as the first, the third a third, ..."""
    return _ZIPF[count] if count < len(_ZIPF) else _zipf(count)


def _zipf(count: int) -> Sequence[float]:
    return tuple(accumulate(1 / place for place in range(1, count + 1)))


_ZIPF = tuple(_zipf(count) for count in range(32))
