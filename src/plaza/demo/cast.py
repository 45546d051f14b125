"""Who there is in the made-up world: names, towns, interests, and since when."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain, count

from msgspec import Struct

from plaza.accounts.model import skeleton
from plaza.demo.chance import Chance
from plaza.demo.rhythm import DAY
from plaza.demo.vocabulary import Interest, fill, vocabulary
from plaza.platform.ids import RANDOM_BITS, UserId, uuid7_of

SINCE_DAYS = 240
NAME_LENGTH = 24
"""Room is left for a number, should somebody have the name already."""

INTERESTS = 3
FASHION = 0.4
"""How often one takes up what everybody does."""

STROKES = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "đ": "d"})
"""Letters that no accent can be taken off."""


class Person(Struct, frozen=True, kw_only=True):
    """`joined` in milliseconds since 1970, `east` in hours; the dearest interest comes first."""

    id: UserId
    username: str
    first_name: str
    display_name: str | None
    bio: str | None
    website: str | None
    location: str | None
    city: str
    east: float
    interests: tuple[Interest, ...]
    joined: int


def cast(chance: Chance, number: int, until: int) -> list[Person]:
    """In the order they joined, more and more of them; no two names look the same."""
    latest = until - DAY
    days = SINCE_DAYS - 1
    joined = sorted(
        latest - chance.below(days * DAY) * chance.below(100) // 100 for _ in range(number)
    )
    looks: set[str] = set()
    return [_person(chance, at, looks) for at in joined]


def _person(chance: Chance, joined: int, looks: set[str]) -> Person:
    words = vocabulary()
    home, family = chance.pick(words.regions), chance.pick(words.regions)
    city, east = chance.pick(home.places)
    first = chance.pick(home.first)
    last = chance.pick((home if chance.happens(0.8) else family).last)
    interests = _interests(chance)
    username = _username(chance, plain(first), plain(last), interests[0], looks)
    site = f"https://{plain(first)}-{plain(last)}.example"
    full = f"{first} {last}" if chance.happens(0.93) else first
    return Person(
        id=UserId(uuid7_of(joined, chance.bits(RANDOM_BITS))),
        username=username,
        first_name=first,
        display_name=full if chance.happens(0.96) else None,
        bio=_bio(chance, city, interests) if chance.happens(0.8) else None,
        website=site if chance.happens(0.12) else None,
        location=city if chance.happens(0.7) else None,
        city=city,
        east=east,
        interests=interests,
        joined=joined,
    )


def _interests(chance: Chance) -> tuple[Interest, ...]:
    among = vocabulary().interests
    drawn = [
        chance.skewed(among) if chance.happens(FASHION) else chance.pick(among)
        for _ in range(1 + chance.below(INTERESTS))
    ]
    return tuple({each.name: each for each in drawn}.values())


def _username(chance: Chance, first: str, last: str, interest: Interest, looks: set[str]) -> str:
    """The first that nobody in this world has."""
    forms = (
        f"{first}.{last}",
        f"{first}_{last}",
        f"{first}{last}",
        f"{first[0]}{last}",
        f"{first}_{interest.name}",
        f"{first}{chance.below(40) + 60}",
    )
    begun = chance.below(len(forms))
    tried: Iterator[str] = chain(
        forms[begun:], forms[:begun], (f"{first}.{last}{number}" for number in count(2))
    )
    name = next(each for each in tried if len(each) <= NAME_LENGTH and skeleton(each) not in looks)
    looks.add(skeleton(name))
    return name


def _bio(chance: Chance, city: str, interests: tuple[Interest, ...]) -> str:
    words, among = vocabulary().bios, vocabulary().interests
    second = interests[-1] if len(interests) > 1 else chance.pick(among)
    known = {
        "city": city,
        "hobby": interests[0].hobby,
        "second": second.hobby if second is not interests[0] else "quiet evenings",
    }
    return fill(chance.pick(words.forms), chance, known, {"job": words.jobs, "trait": words.traits})


def plain(name: str) -> str:
    """In letters a to z, as it would be typed in a hurry."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(STROKES))
    return re.sub(r"[^a-z]", "", letters)
