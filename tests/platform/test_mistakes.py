"""A refused value is explained in words, whatever kind it should have been."""

from datetime import datetime
from enum import Enum
from typing import Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from plaza.platform.mistakes import mistake

SHAPE = Meta(pattern="^[^ ]+$", extra={"message": "A word has no spaces."})
OTHERWISE = "What msgspec says."


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Place(msgspec.Struct):
    name: str


@pytest.mark.parametrize(
    ("bare", "metas", "told"),
    [
        (int, [], "a whole number"),
        (int, [Meta(ge=1, le=100)], "a whole number from 1 to 100"),
        (int, [Meta(ge=1), Meta(ge=7)], "a whole number of 7 or more"),
        (int, [Meta(le=7)], "a whole number of 7 or less"),
        (float, [], "a number"),
        (bool, [], "true or false"),
        (str, [], "text"),
        (str, [Meta(min_length=3, max_length=30)], "text of 3 to 30 characters"),
        (str, [Meta(min_length=8)], "text of at least 8 characters"),
        (str, [Meta(max_length=9), Meta(max_length=5)], "text of at most 5 characters"),
        (list[str], [Meta(max_length=5)], "a list of at most 5 items"),
        (Colour, [], "one of red, blue"),
        (Literal["on", "off"], [], "one of on, off"),
        (UUID, [], "an id (UUID)"),
        (datetime, [Meta(tz=True)], "a time with its offset, like 2026-01-31T12:00:00Z"),
        (Place, [], "an object"),
        (dict[str, int], [], "an object"),
    ],
)
def test_every_kind_says_what_it_must_be(bare, metas, told):
    assert mistake(None, bare, metas, otherwise=OTHERWISE) == f"This must be {told}."


@pytest.mark.parametrize("sent", ["a b", " "])
def test_a_text_of_the_wrong_shape_is_told_so_before_its_length(sent):
    bounds = [Meta(min_length=8, max_length=30), SHAPE]
    assert mistake(sent, str, bounds, otherwise=OTHERWISE) == "A word has no spaces."


@pytest.mark.parametrize("sent", ["", "short", "a b" * 30, 7])
def test_a_text_of_the_wrong_length_or_none_is_told_the_length(sent):
    told = mistake(sent, str, [Meta(min_length=8, max_length=30), SHAPE], otherwise=OTHERWISE)
    assert told == "This must be text of 8 to 30 characters."


def test_where_no_words_are_known_others_are_taken():
    assert mistake("a b", str, [Meta(pattern="^a$")], otherwise=OTHERWISE) == OTHERWISE
    assert mistake("a b", bytes, [], otherwise=OTHERWISE) == OTHERWISE
