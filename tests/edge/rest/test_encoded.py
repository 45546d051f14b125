"""Bytes are remembered for the very object they were made of, and for nothing like it."""

from msgspec import Struct

from plaza.edge.rest.encoded import Encoded


class Note(Struct, frozen=True):
    words: str
    version: int


def test_one_object_is_written_down_once():
    encoded, note = Encoded(), Note("hello", 2)
    said = encoded(note)
    assert said.body == b'{"words":"hello","version":2}'
    assert said.tag.startswith(b'"2-')
    assert b"etag: " + said.tag + b"\r\n" in said.head
    assert encoded(note) is said


def test_an_equal_one_is_another():
    encoded = Encoded()
    assert encoded(Note("hello", 1)) is not encoded(Note("hello", 1))


def test_the_oldest_is_forgotten_and_its_place_tells_nothing_of_it():
    encoded = Encoded(size=2)
    for number in range(1_000):
        assert encoded(Note(str(number), 1)).body == b'{"words":"%d","version":1}' % number
    assert len(encoded) == 2


def test_long_ones_are_not_kept_in_any_number():
    body = len(Encoded()(Note("a" * 100, 1)).body)
    encoded = Encoded(most_bytes=3 * body)
    notes = [Note(letter * 100, 1) for letter in "abcd"]
    last = [encoded(note) for note in notes][-1]
    assert len(encoded) == 3
    assert encoded(notes[-1]) is last
    assert encoded(Note("e" * 1_000, 1)).body
    assert len(encoded) == 0
