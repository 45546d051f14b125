"""The made-up world: who there is, whom they follow, what they say. Pure: no clock, no database."""

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from math import sqrt

from msgspec import Struct

from plaza.demo import talk
from plaza.demo.cast import Person, cast
from plaza.demo.chance import Chance
from plaza.demo.graph import grow
from plaza.demo.rhythm import DAY, MINUTE, instant, milliseconds, moment
from plaza.demo.vocabulary import vocabulary
from plaza.people.model import Visibility
from plaza.people.seeding import MadeUpFollow
from plaza.platform.ids import RANDOM_BITS, CommentId, PostId, uuid7_of
from plaza.posts.seeding import MadeUpComment, MadeUpPost

FOR_FOLLOWERS, FOR_ONESELF = 0.05, 0.02
"""How many posts are not for everybody."""

STRANGERS = 0.2
"""How many comments on public posts are from somebody who does not follow the author."""

ANSWERED = 0.3
"""How many comments get an answer from the author of the post."""

TRIES = 10
"""How often one looks for something that one has not said yet."""


class Recipe(Struct, frozen=True, kw_only=True):
    """All that a world depends on; nothing in it happens after `until`.

    There are `users` times `posts_per_user` posts, more by some than by others.
    """

    seed: int
    users: int
    posts_per_user: int
    until: datetime


class World:
    """The same recipe makes the same world."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._until = milliseconds(recipe.until)
        self.people = cast(self._chance("cast"), recipe.users, self._until)
        places = {each.name: place for place, each in enumerate(vocabulary().interests)}
        circles = [[places[each.name] for each in person.interests] for person in self.people]
        self._following = grow(self._chance("graph"), circles)
        self._followers: list[list[int]] = [[] for _ in self.people]
        for follower, followed in enumerate(self._following):
            for each in followed:
                self._followers[each].append(follower)

    @property
    def guide(self) -> Person:
        """Who sees most of it: follows more people than anybody else."""
        return max(zip(self._following, self.people, strict=True), key=lambda each: len(each[0]))[1]

    def follows(self) -> Iterator[list[MadeUpFollow]]:
        """Whom each follows, in the order of the people."""
        for number, followed in enumerate(self._following):
            chance = self._chance("follows", number)
            yield [
                self._follow(chance, self.people[number], self.people[each]) for each in followed
            ]

    def posts(self) -> Iterator[MadeUpPost]:
        """Author by author, each with what is said about it."""
        for number, many in enumerate(self._shares()):
            chance = self._chance("posts", number)
            author, before = self.people[number], set[str]()
            for at in sorted(self._moments(chance, author, many)):
                said = _new(chance, author, at, before)
                yield self._post(chance, number, said, at)

    def _shares(self) -> list[int]:
        """How many posts each writes: some write far more than others."""
        chance = self._chance("shares")
        talkative = list(accumulate(chance.heavy(1, 15) for _ in self.people))
        shares = [0] * len(self.people)
        for _ in range(self._recipe.users * self._recipe.posts_per_user):
            shares[chance.weighted(talkative)] += 1
        return shares

    def _moments(self, chance: Chance, author: Person, many: int) -> list[int]:
        return [moment(chance, author.joined, self._until, author.east) for _ in range(many)]

    def _follow(self, chance: Chance, follower: Person, followed: Person) -> MadeUpFollow:
        """Most follow soon after both are there."""
        since = max(follower.joined, followed.joined)
        soon = since + int(chance.heavy(2 * DAY, self._until - since))
        return MadeUpFollow(
            followed.id, instant(moment(chance, since, min(soon, self._until), follower.east))
        )

    def _post(self, chance: Chance, number: int, said: talk.Said, at: int) -> MadeUpPost:
        visibility = _visibility(chance)
        return MadeUpPost(
            id=PostId(uuid7_of(at, chance.bits(RANDOM_BITS))),
            author_id=self.people[number].id,
            title=said.title,
            content=said.content,
            tags=said.tags,
            visibility=visibility,
            created_at=instant(at),
            comments=sorted(
                self._comments(chance, number, said, visibility, at),
                key=lambda each: each.id,
            ),
        )

    def _comments(
        self, chance: Chance, number: int, said: talk.Said, visibility: Visibility, at: int
    ) -> Iterator[MadeUpComment]:
        """No two say the same, and nobody speaks before they are there."""
        author, told = self.people[number], set[str]()
        lively = chance.heavy(0.25, 8) * (1 + sqrt(len(self._followers[number])) / 2)
        for _ in range(chance.about(lively)):
            by = self._reader(chance, number, visibility)
            when = at + int(chance.heavy(8 * MINUTE, 9 * DAY))
            if by is None or by is author or not by.joined < when <= self._until:
                continue
            text = talk.answer(chance, by, author, said, when)
            if text in told:
                continue
            told.add(text)
            yield _comment(chance, by, text, when)
            back = when + int(chance.heavy(3 * MINUTE, DAY))
            if chance.happens(ANSWERED) and back <= self._until:
                yield _comment(chance, author, talk.thanks(chance, by), back)

    def _reader(self, chance: Chance, number: int, visibility: Visibility) -> Person | None:
        """Somebody who may see it, rather a follower."""
        followers = self._followers[number]
        if visibility is Visibility.PUBLIC and chance.happens(STRANGERS):
            return chance.pick(self.people)
        if visibility is Visibility.PRIVATE or not followers:
            return None
        return self.people[chance.pick(followers)]

    def _chance(self, *names: object) -> Chance:
        """One for each question, so that an answer more somewhere changes nothing elsewhere."""
        recipe = self._recipe
        return Chance(recipe.seed, recipe.users, recipe.posts_per_user, *names)


def _new(chance: Chance, author: Person, at: int, before: set[str]) -> talk.Said:
    """Rather not what one has said before."""
    said = talk.post(chance, author, at)
    for _ in range(TRIES):
        if said.content not in before:
            break
        said = talk.post(chance, author, at)
    before.add(said.content)
    return said


def _visibility(chance: Chance) -> Visibility:
    if chance.happens(FOR_FOLLOWERS):
        return Visibility.FOLLOWERS
    return Visibility.PRIVATE if chance.happens(FOR_ONESELF) else Visibility.PUBLIC


def _comment(chance: Chance, by: Person, text: str, at: int) -> MadeUpComment:
    comment_id = CommentId(uuid7_of(at, chance.bits(RANDOM_BITS)))
    return MadeUpComment(comment_id, by.id, text, instant(at))
