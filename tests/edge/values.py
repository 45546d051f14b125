"""Hypothesis builds what a type allows, from the bounds written on it."""

import re
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from plaza.edge.kinds import Kind, kind_of

LETTERS = "abcxyzABCXYZ0189_- .#\u00e9\u00df\u6f22\U0001f98a"
SEVERAL = 3
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.uuids(),
    bool: st.booleans(),
    bytes: st.binary(max_size=20),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Anything of this type, None included where it is allowed; never UNSET."""
    if kind in (None, type(None)):
        return st.none()
    found = kind_of(kind)
    made = _values(found)
    return st.none() | made if found.nullable else made


def members(entries: dict[str, tuple[Any, bool]]) -> st.SearchStrategy[dict[str, Any]]:
    """A value by name; those marked optional may be left out."""
    return st.fixed_dictionaries(
        {name: values(kind) for name, (kind, optional) in entries.items() if not optional},
        optional={name: values(kind) for name, (kind, optional) in entries.items() if optional},
    )


def _values(kind: Kind) -> st.SearchStrategy[Any]:
    bare = kind.bare
    if bare is str:
        return _texts(kind)
    if bare is int:
        return _numbers(kind)
    if kind.item is not None:
        return st.lists(values(kind.item), max_size=SEVERAL)
    if kind.is_struct:
        return _structs(bare)
    return SIMPLE[bare] if bare in SIMPLE else _choices(bare)


def _choices(bare: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(bare) if get_origin(bare) is Literal else list(bare))


def _structs(bare: Any) -> st.SearchStrategy[Any]:
    fields = msgspec.structs.fields(bare)
    made = members({each.name: (each.type, not each.required) for each in fields})
    return made.map(lambda given: bare(**given))


def _numbers(kind: Kind) -> st.SearchStrategy[int]:
    least = max((meta.ge for meta in kind.metas if meta.ge is not None), default=-(2**31))
    most = min((meta.le for meta in kind.metas if meta.le is not None), default=2**31 - 1)
    return st.integers(least, most)


def _texts(kind: Kind) -> st.SearchStrategy[str]:
    """An empty text where null is allowed is the one thing protobuf cannot tell from null."""
    least = max([int(kind.nullable), *(meta.min_length or 0 for meta in kind.metas)])
    most = min([40, *(meta.max_length for meta in kind.metas if meta.max_length is not None)])
    patterns = [re.compile(meta.pattern) for meta in kind.metas if meta.pattern]

    def good(text: str) -> bool:
        return least <= len(text) <= most and all(each.search(text) for each in patterns)

    letters = [letter for letter in LETTERS if all(each.search(letter) for each in patterns)]
    if not letters:
        (pattern,) = patterns
        return st.from_regex(pattern, alphabet=st.sampled_from(LETTERS + "@:/htps")).filter(good)
    return st.text(letters, min_size=least, max_size=most).filter(good)
