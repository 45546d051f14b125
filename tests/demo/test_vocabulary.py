"""The words fit: every text can be filled, and what comes of it may be posted."""

import msgspec
import pytest

from plaza.demo.cast import NAME_LENGTH, plain
from plaza.demo.chance import Chance
from plaza.demo.vocabulary import fill, vocabulary
from plaza.people.model import ProfileChange
from plaza.posts.model import NewComment, NewPost

WORDS = vocabulary()
INTERESTS = [WORDS.everyday, *WORDS.interests]
KNOWN = {"now": "morning", "city": "Porto", "name": "Ada", "interest": "chess"}


def texts_about(interest):
    says, comments = WORDS.says, WORDS.comments
    yield from (*interest.posts, *interest.replies)
    yield from (*says.openers, *says.askers, *says.closers, *says.asides, *says.titles, *says.links)
    yield from (*comments.to_posts, *comments.to_questions)


@pytest.mark.parametrize("interest", INTERESTS, ids=lambda each: each.name)
def test_every_text_can_be_filled_and_posted(interest):
    for text in texts_about(interest):
        filled = fill(text, Chance(text), KNOWN, interest.words, WORDS.words)
        assert not set("{}") & set(filled)
        msgspec.convert({"content": filled, "tags": interest.tags}, NewPost)


@pytest.mark.parametrize("interest", INTERESTS, ids=lambda each: each.name)
def test_an_interest_has_words_that_its_own_texts_use(interest):
    told = " ".join((*interest.posts, *interest.replies))
    assert [word for word in interest.words if f"{{{word}" not in told] == []


def test_an_author_answers_in_any_thread():
    for text in WORDS.comments.by_authors:
        filled = fill(text, Chance(text), {"name": "Ada"}, WORDS.words)
        msgspec.convert({"content": filled}, NewComment)


def test_every_bio_is_one():
    slots = {"job": WORDS.bios.jobs, "trait": WORDS.bios.traits}
    known = {"city": "Porto", "hobby": "chess", "second": "soup"}
    for form in WORDS.bios.forms:
        msgspec.convert({"bio": fill(form, Chance(form), known, slots)}, ProfileChange)


def test_every_name_leaves_room_for_a_number():
    """Or the search for one that nobody has would not end."""
    first = max((plain(name) for region in WORDS.regions for name in region.first), key=len)
    last = max((plain(name) for region in WORDS.regions for name in region.last), key=len)
    assert len(f"{first}.{last}99999") <= NAME_LENGTH


def test_a_slot_that_stands_twice_has_one_word_and_a_sentence_a_capital():
    told = fill("{game_cap}? Nobody plays {game}.", Chance(1), {}, {"game": ["chess", "go"]})
    assert told in {"Chess? Nobody plays chess.", "Go? Nobody plays go."}


def test_nothing_is_told_in_a_dead_language():
    told = " ".join(text for interest in INTERESTS for text in texts_about(interest)).lower()
    assert not {"lorem", "ipsum", "dolor", "amet"} & set(told.split())
