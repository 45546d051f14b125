"""Bounded types for everything that comes in or goes out, and the one place text is made clean."""

import unicodedata
from datetime import datetime
from functools import cache
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta, Struct

PRINTABLE = (
    r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$"
)
"""No control characters but tab and newline, and none that turn the direction of text
(docs/spec.md, conventions; Unicode TR 36, section 2.7)."""

END = r"$(?!\n)"
"""The end of a pattern in Python and in ECMA 262 alike: `$` alone lets a last newline by."""

SECRET = Meta(extra={"secret": True})
"""On a type whose values are never hashed into anything that is kept, never logged or shown."""

Time = Annotated[datetime, Meta(tz=True, description="RFC 3339, UTC.")]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]


def nfc(text: str) -> str:
    """The canonical composition (Unicode TR 15); plain ASCII costs nothing."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


class Input(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client sends: unknown fields are refused, every text is stored as NFC.

    Its bounds hold for what is stored: composing can lengthen a text (U+FB2C becomes three
    characters) and change what it holds (U+037E becomes `;`).
    """

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if type(value) is str:
                clean: object = nfc(value)
            elif type(value) is list and value and type(value[0]) is str:
                clean = [nfc(item) for item in value]
            else:
                continue
            if clean != value:
                msgspec.convert(clean, _kinds(type(self))[name])
                msgspec.structs.force_setattr(self, name, clean)


@cache
def _kinds(struct: type[Struct]) -> dict[str, Any]:
    return get_type_hints(struct, include_extras=True)


def printable(description: str) -> Meta:
    """Beside a length, the bound of every text: what a person can see, tab and newline."""
    message = "Control characters and those that turn the direction of text are refused."
    return Meta(pattern=PRINTABLE, description=description, extra={"message": message})
