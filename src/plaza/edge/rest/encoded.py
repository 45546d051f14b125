"""Answers as bytes: what a cache answered with again needs to be written down only once."""

from typing import Any

import msgspec
from msgspec import Struct

from plaza.edge.rest.conditions import tag_of
from plaza.edge.rest.messages import FRESH, JSON
from plaza.edge.rest.whole import lines

SIZE = 20_000
BYTES = 32 * 1024 * 1024
"""Of bodies at most: so many of the longest posts would be 200 MB."""
VERSION = "version"
encode = msgspec.json.Encoder().encode
HEAD = lines([JSON, FRESH])


class Said(Struct, frozen=True, gc=False):
    """`made` as JSON, its entity tag, and the header lines that go with both."""

    made: Any
    body: bytes
    tag: bytes
    head: bytes


def encode_tagged(made: Any) -> Said:
    body = encode(made)
    tag = tag_of(getattr(made, VERSION, 0), body)
    return Said(made, body, tag, HEAD + b"etag: %b\r\n" % tag)


class Encoded:
    """Remembers the bytes of the very objects it was given lately, which nobody changes.

    An operation that answers from a cache gives the same object again. Holding on to it keeps its
    `id` its own.
    """

    def __init__(self, size: int = SIZE, most_bytes: int = BYTES) -> None:
        self._size = size
        self._room = most_bytes
        self._said: dict[int, Said] = {}

    def __call__(self, made: Any) -> Said:
        said = self._said.get(id(made))
        if said is None:
            said = self._said[id(made)] = encode_tagged(made)
            self._room -= len(said.body)
            while len(self._said) > self._size or self._room < 0:
                self._room += len(self._said.pop(next(iter(self._said))).body)
        return said

    def __len__(self) -> int:
        return len(self._said)
