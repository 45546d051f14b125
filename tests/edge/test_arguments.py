"""Every mistake is told, and a megabyte of mistakes costs no more than some."""

from enum import Enum
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from plaza.edge import arguments
from plaza.edge.arguments import convert, field_errors, read_json, spelled_in
from plaza.platform.ids import PostId
from plaza.platform.problems import MANY_ERRORS, Invalid, Unreadable
from plaza.platform.text import Input, Time

Word = Annotated[str, Meta(min_length=1, max_length=5)]


class Colour(Enum):
    RED = "red"


class Line(Input, frozen=True):
    words: Annotated[list[Word], Meta(max_length=3)] = msgspec.field(default_factory=list)
    colour: Colour | None = None


class Verse(Input, frozen=True):
    title: Word
    lines: Annotated[list[Line], Meta(max_length=1_000)] = msgspec.field(default_factory=list)


DECODER = msgspec.json.Decoder(Verse)


def mistakes(body):
    with pytest.raises(Invalid) as refused:
        read_json(body, DECODER)
    return {each.pointer: each.message for each in refused.value.errors}


def test_all_that_is_wrong_is_told_at_once_with_its_place():
    told = mistakes(b'{"lines":[{"words":["ok",1,""]},{"color":"red"},7],"a/b":1}')
    assert set(told) == {"/title", "/lines/0/words/1", "/lines/0/words/2", "/lines/1/color"} | {
        "/lines/2",
        "/a~1b",
    }
    assert told["/title"] == "This field is required."


def test_a_list_that_is_too_long_is_one_mistake_whatever_is_in_it():
    assert set(mistakes(b'{"title":"x","lines":[{"words":["","","",""]}]}')) == {"/lines/0/words"}


def test_no_more_is_told_than_anybody_reads():
    many = b",".join(b'"k%d":1' % number for number in range(500))
    assert len(mistakes(b'{"title":"x",' + many + b"}")) == MANY_ERRORS
    lines = b",".join([b'{"words":[""]}'] * 900)
    assert len(mistakes(b'{"title":"x","lines":[' + lines + b"]}")) == MANY_ERRORS


@pytest.mark.parametrize(
    "body",
    [
        b'{"title":"x","lines":[' + b",".join([b"{}"] * 300_000) + b"]}",
        b'{"title":"x","lines":[{"words":[' + b",".join([b'""'] * 300_000) + b"]}]}",
        b'{"title":"x",' + b",".join(b'"k%d":1' % number for number in range(90_000)) + b"}",
    ],
    ids=["too many", "all wrong", "all unknown"],
)
def test_a_megabyte_of_mistakes_is_not_looked_through(body, monkeypatch):
    looks = 0

    def look(*args, **kwargs):
        nonlocal looks
        looks += 1
        return field_errors(*args, **kwargs)

    monkeypatch.setattr(arguments, "field_errors", look)
    assert mistakes(body)
    assert looks <= 2 * MANY_ERRORS


def test_a_mistake_says_what_would_have_been_right():
    assert mistakes(
        b'{"title":"toolong","lines":[{"colour":"blue","words":["a","b","c","d"]},7]}'
    ) == {
        "/title": "This must be text of 1 to 5 characters.",
        "/lines/0/colour": "This must be one of red.",
        "/lines/0/words": "This must be a list of at most 3 items.",
        "/lines/1": "This must be an object.",
    }
    kinds = {"limit": Annotated[int, Meta(ge=1, le=100)], "post_id": PostId}
    with pytest.raises(Invalid) as refused:
        convert({"limit": "many", "post_id": "@ada"}, kinds, spelled=spelled_in(kinds))
    assert [each.message for each in refused.value.errors] == [
        "This must be a whole number from 1 to 100.",
        "This must be an id (UUID).",
    ]


def test_a_mistake_does_not_repeat_what_was_sent():
    (told,) = mistakes(b'{"title":"x","lines":[{"colour":"' + b"x" * 10_000 + b'"}]}').values()
    assert told == "This must be one of red."


def test_a_member_named_twice_is_unreadable_wherever_it_is():
    with pytest.raises(Unreadable, match="twice"):
        read_json(b'{"title":"x","lines":[{"colour":"a","colour":"b"}]}', DECODER)


def test_numbers_are_read_from_text_where_there_is_only_text():
    kinds = {"limit": Annotated[int, Meta(ge=1, le=100)], "name": Word}
    spelled = spelled_in(kinds)
    assert convert({"limit": "7", "name": "7"}, kinds, spelled=spelled) == {"limit": 7, "name": "7"}
    with pytest.raises(Invalid) as refused:
        convert({"limit": "0", "name": ""}, kinds, spelled=spelled)
    assert [each.pointer for each in refused.value.errors] == ["/limit", "/name"]


@pytest.mark.parametrize("text", ["null", "None", "5", "1.5", "2026-01-02"])
def test_text_is_not_taken_for_what_it_does_not_say(text):
    """A query cannot say null, and a number is no time."""
    kinds = {"since": Time | None, "limit": Annotated[int, Meta(ge=7)] | None}
    with pytest.raises(Invalid) as refused:
        convert(dict.fromkeys(kinds, text), kinds, spelled=spelled_in(kinds))
    assert [each.pointer for each in refused.value.errors] == ["/since", "/limit"]


@pytest.mark.parametrize(
    "body",
    [b'{"a":1,"\\ud800":2}', b'{"title":1,"colour":"\\udfff"}', b'{"title":1,"lines":["\\ud83d"]}'],
)
def test_half_a_surrogate_pair_is_no_json_also_behind_another_mistake(body):
    with pytest.raises(Unreadable):
        read_json(body, DECODER)


def test_bounds_hold_for_text_as_it_is_stored():
    assert read_json('{"title":"e\u0301a\u0300"}'.encode(), DECODER).title == "\xe9\xe0"
    grown = "\ufb2c" * 2  # composed, each is three characters
    assert set(mistakes(f'{{"title":"{grown}"}}'.encode())) == {"/title"}
    lines = f'{{"title":"x","lines":[{{"words":["ok","{grown}"]}}]}}'
    assert set(mistakes(lines.encode())) == {"/lines/0/words/1"}


@pytest.mark.parametrize("body", [b'{"title":"\xff"}', b'{"\xff":1,"title":"x"}'])
def test_what_is_not_utf8_is_told_in_our_words(body):
    with pytest.raises(Unreadable) as refused:
        read_json(body, DECODER)
    assert refused.value.detail == "the body is not JSON: it is not UTF-8"
