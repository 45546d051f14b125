"""Who follows whom: a few are followed by very many, and friends of friends are friends.

It grows as people join: one follows somebody whom somebody one follows follows (Holme and Kim,
"Growing scale-free networks with tunable clustering", 2002), or who is followed by many already
(Barabási and Albert, 1999), rather among those with an interest in common.
"""

from collections.abc import Sequence

from plaza.demo.chance import Chance

LEAST, MOST = 5.0, 400.0
"""Between these is how many one sets out to follow, before and after all are there."""

FRIEND_OF_FRIEND = 0.55
SAME_INTEREST = 0.7
BACK = 0.6
FAMOUS = 15
"""Who has so many followers follows back half as often."""


class _Network:
    def __init__(self, chance: Chance, circles: Sequence[Sequence[int]]) -> None:
        self._chance = chance
        self._circles = circles
        self.following: list[list[int]] = [[] for _ in circles]
        self._known: list[set[int]] = [set() for _ in circles]
        self._followers = [0] * len(circles)
        # Everybody once, and once more for each follower: to pick from it is to prefer the famous.
        self._everybody: list[int] = []
        self._in_circle: dict[int, list[int]] = {}

    def join(self, person: int) -> None:
        self._count(person)
        self.reach_out(person)

    def reach_out(self, person: int) -> None:
        wanted = int(self._chance.heavy(LEAST, MOST))
        for _ in range(min(wanted, len(self.following) // 2)):
            other = self._somebody(person)
            if self._follow(person, other) and self._chance.happens(self._back(other)):
                self._follow(other, person)

    def _somebody(self, person: int) -> int:
        chance, mine = self._chance, self.following[person]
        if mine and chance.happens(FRIEND_OF_FRIEND):
            theirs = self.following[chance.pick(mine)]
            if theirs:
                return chance.pick(theirs)
        if chance.happens(SAME_INTEREST):
            return chance.pick(self._in_circle[chance.pick(self._circles[person])])
        return chance.pick(self._everybody)

    def _follow(self, person: int, other: int) -> bool:
        if person == other or other in self._known[person]:
            return False
        self._known[person].add(other)
        self.following[person].append(other)
        self._followers[other] += 1
        self._count(other)
        return True

    def _count(self, person: int) -> None:
        self._everybody.append(person)
        for circle in self._circles[person]:
            self._in_circle.setdefault(circle, []).append(person)

    def _back(self, other: int) -> float:
        return BACK * FAMOUS / (FAMOUS + self._followers[other])


def grow(chance: Chance, circles: Sequence[Sequence[int]]) -> list[list[int]]:
    """Whom each person follows. People are numbers, in the order they join.

    `circles` are each person's interests, at least one.
    """
    network = _Network(chance, circles)
    for person in range(len(circles)):
        network.join(person)
    for person in range(len(circles)):
        network.reach_out(person)
    return network.following
