"""Keyset pages: a list goes on from the last thing seen, not from a count (docs/spec.md)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from msgspec import Meta, Struct

from plaza.platform.problems import FieldError, Invalid
from plaza.platform.text import END

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=f"^[A-Za-z0-9_-]+{END}",
        description="Where the last page ended: `next_cursor` of its answer, as it was.",
        extra={"message": "A cursor is the `next_cursor` of an answer, as it was."},
    ),
]
DEFAULT_LIMIT = 20
ID = 16


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """`next_cursor` is null at the end only; a page may be short or empty before it."""

    items: Annotated[list[T], Meta(max_length=100)]
    next_cursor: Cursor | None


def cursor_of(last: UUID, mark: bytes = b"") -> Cursor:
    """`mark` is what this list is known by, where it has others beside it."""
    return urlsafe_b64encode(last.bytes + mark).rstrip(b"=").decode()


def after(cursor: Cursor | None, mark: bytes = b"") -> UUID | None:
    """The id to go on from; a cursor without a mark names a place in any list.

    Raises Invalid for a cursor that is not ours, and for that of a list with another mark.
    """
    if cursor is None:
        return None
    try:
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        last, named = UUID(bytes=place[:ID]), place[ID:]
    except ValueError:
        raise _wrong("This cursor is not one of ours.") from None
    if named not in (b"", mark):
        raise _wrong("This cursor is of a list with other filters or another order.")
    return last


def _wrong(message: str) -> Invalid:
    return Invalid(errors=(FieldError("/cursor", message),))
