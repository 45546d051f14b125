"""The words that people of the made-up world have, and how a text comes of them."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from plaza.demo.chance import Chance

Words: TypeAlias = Mapping[str, Sequence[str]]

SLOT = re.compile(r"\{([a-z]+?)(_cap)?\}")


class Interest(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody talks about; `called` and `hobby` as it is named in a sentence."""

    name: str
    called: str
    hobby: str
    tags: tuple[str, ...]
    posts: tuple[str, ...]
    replies: tuple[str, ...]
    words: Words = {}


class Region(Struct, frozen=True, forbid_unknown_fields=True):
    """Names that are heard together, and towns with their hours east of Greenwich."""

    places: tuple[tuple[str, float], ...]
    first: tuple[str, ...]
    last: tuple[str, ...]


class Says(Struct, frozen=True, forbid_unknown_fields=True):
    openers: tuple[str, ...]
    askers: tuple[str, ...]
    closers: tuple[str, ...]
    asides: tuple[str, ...]
    titles: tuple[str, ...]
    links: tuple[str, ...]


class Comments(Struct, frozen=True, forbid_unknown_fields=True):
    to_posts: tuple[str, ...]
    to_questions: tuple[str, ...]
    by_authors: tuple[str, ...]


class Bios(Struct, frozen=True, forbid_unknown_fields=True):
    jobs: tuple[str, ...]
    forms: tuple[str, ...]
    traits: tuple[str, ...]


class Vocabulary(Struct, frozen=True, forbid_unknown_fields=True):
    words: Words
    says: Says
    comments: Comments
    bios: Bios
    regions: tuple[Region, ...]
    everyday: Interest
    interests: tuple[Interest, ...]


@cache
def vocabulary() -> Vocabulary:
    text = Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=Vocabulary)


def fill(template: str, chance: Chance, known: Mapping[str, str], *words: Words) -> str:
    """The template with a word for each slot; a slot that stands twice has one word.

    What is known goes first, then the first of `words` that has the slot. Raises StopIteration for
    a slot that nobody knows.
    """
    chosen = dict(known)

    def choose(slot: re.Match[str]) -> str:
        name = slot[1]
        if name not in chosen:
            chosen[name] = chance.pick(next(each[name] for each in words if name in each))
        return capital(chosen[name]) if slot[2] else chosen[name]

    return SLOT.sub(choose, template)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
