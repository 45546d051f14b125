"""Why a value is refused, in words for whoever sent it: made of its type and its bounds."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from math import inf
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from msgspec import Meta, Struct

PLAIN = {
    bool: "true or false",
    float: "a number",
    UUID: "an id (UUID)",
    datetime: "a time with its offset, like 2026-01-31T12:00:00Z",
}


def mistake(value: object, bare: Any, metas: Sequence[Meta], *, otherwise: str) -> str:
    """What a `bare` within these bounds must be, which `value` is not; never quotes it.

    `otherwise` is said where nothing better is known. A pattern is no sentence: what it asks for
    is the `message` in the extras beside it.
    """
    if bare is str and isinstance(value, str) and _misshapen(value, metas):
        spoken = [each.extra["message"] for each in metas if each.extra and "message" in each.extra]
        return str(spoken[-1]) if spoken else otherwise
    wanted = _wanted(bare, metas)
    return f"This must be {wanted}." if wanted else otherwise


def longest(metas: Sequence[Meta]) -> float:
    """How many characters or items there may be."""
    return min((each.max_length for each in metas if each.max_length is not None), default=inf)


def _misshapen(text: str, metas: Sequence[Meta]) -> bool:
    """Of text that is missing or too long the length is told instead."""
    if not 1 <= len(text) <= longest(metas):
        return False
    patterns = [each.pattern for each in metas if each.pattern is not None]
    return not all(re.search(pattern, text) for pattern in patterns)


def _wanted(bare: Any, metas: Sequence[Meta]) -> str:
    if allowed := _allowed(bare):
        return "one of " + ", ".join(map(str, allowed))
    if get_origin(bare) is list:
        return "a list" + _length(metas, "items")
    if bare is str:
        return "text" + _length(metas, "characters")
    if bare is int:
        return "a whole number" + _range(metas)
    made = get_origin(bare) or bare
    if isinstance(made, type) and issubclass(made, Struct | dict):
        return "an object"
    return PLAIN.get(bare, "")


def _allowed(bare: Any) -> Sequence[object]:
    if isinstance(bare, type) and issubclass(bare, Enum):
        return [each.value for each in bare]
    return get_args(bare) if get_origin(bare) is Literal else ()


def _range(metas: Sequence[Meta]) -> str:
    least = max((each.ge for each in metas if each.ge is not None), default=-inf)
    most = min((each.le for each in metas if each.le is not None), default=inf)
    if least == -inf:
        return "" if most == inf else f" of {most} or less"
    return f" of {least} or more" if most == inf else f" from {least} to {most}"


def _length(metas: Sequence[Meta], what: str) -> str:
    least = max((each.min_length for each in metas if each.min_length is not None), default=0)
    most = longest(metas)
    if least == 0:
        return "" if most == inf else f" of at most {most} {what}"
    return f" of at least {least} {what}" if most == inf else f" of {least} to {most} {what}"
