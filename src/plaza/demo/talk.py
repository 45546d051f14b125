"""What people of the made-up world say, and what others answer."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from msgspec import Struct

from plaza.demo.cast import Person
from plaza.demo.chance import Chance
from plaza.demo.rhythm import part_of_day
from plaza.demo.vocabulary import Interest, fill, vocabulary

ASIDE = 0.18
"""How often one talks of everyday life and not of an interest."""

LONG = 0.12
TAGS = (0.25, 0.6, 0.85, 1.0)
"""How likely there are no more than none, one, two, three."""


class Said(Struct, frozen=True):
    title: str | None
    content: str
    tags: list[str]
    about: Interest


def post(chance: Chance, author: Person, at: int) -> Said:
    about = vocabulary().everyday if chance.happens(ASIDE) else chance.skewed(author.interests)
    tags = _tags(chance, about)
    known = {"now": part_of_day(at, author.east), "city": author.city}
    if chance.happens(LONG):
        title, content = _long(chance, about, known)
        return Said(title, content, tags, about)
    return Said(None, _short(chance, about, known), tags, about)


def answer(chance: Chance, by: Person, author: Person, said: Said, at: int) -> str:
    """What somebody else says about a post."""
    words = vocabulary().comments
    if chance.happens(0.3):
        template = chance.pick(said.about.replies)
    elif said.content.endswith("?"):
        template = chance.pick(words.to_questions)
    else:
        template = chance.pick(words.to_posts)
    known = {"now": part_of_day(at, by.east), "city": by.city, "name": author.first_name}
    return _filled(chance, template, said.about, known)


def thanks(chance: Chance, to: Person) -> str:
    """What the author answers to a comment."""
    words = vocabulary()
    return fill(
        chance.pick(words.comments.by_authors), chance, {"name": to.first_name}, words.words
    )


def _short(chance: Chance, about: Interest, known: Mapping[str, str]) -> str:
    says = vocabulary().says
    said = _filled(chance, chance.pick(about.posts), about, known)
    forms: Sequence[tuple[float, Sequence[str]]]
    if said.endswith("?"):  # and goes on to, so that comments answer it
        forms = ((0.2, says.askers), (0.4, says.asides), (1.0, (said,)))
    else:
        forms = ((0.2, says.openers), (1.0, (said,)), (0.5, says.asides), (0.2, says.closers))
    return " ".join(
        _filled(chance, chance.pick(texts), about, known)
        for odds, texts in forms
        if chance.happens(odds)
    )


def _long(chance: Chance, about: Interest, known: Mapping[str, str]) -> tuple[str, str]:
    """A title, and a paragraph for each of a few thoughts."""
    says = vocabulary().says
    title = _filled(chance, chance.pick(says.titles), about, {"interest": about.called})
    templates = chance.several(about.posts, 3 + chance.below(3))
    thoughts = [_filled(chance, each, about, known) for each in templates]
    links = chance.several(says.links, len(thoughts) - 1)
    first, *others = thoughts
    linked = [f"{link} {each}" for link, each in zip_longest(links, others, fillvalue="Oh, and:")]
    return title, "\n\n".join([first, *linked])


def _filled(chance: Chance, template: str, about: Interest, known: Mapping[str, str]) -> str:
    return fill(template, chance, known, about.words, vocabulary().words)


def _tags(chance: Chance, about: Interest) -> list[str]:
    """Rather those that stand first."""
    drawn = (chance.skewed(about.tags) for _ in range(chance.weighted(TAGS)))
    return list(dict.fromkeys(drawn))
