"""The nouns of this context, and the rules that need no database."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta

from plaza.people.model import Relation
from plaza.platform.caller import System
from plaza.platform.text import printable
from plaza.posts.model import Tag, Wanted

Offset = Annotated[
    int,
    Meta(ge=0, le=1_000, description="How many items to pass over; a cursor is the cheaper way."),
]
WantedTags = Annotated[
    list[Tag], Meta(max_length=5, description="Only posts that have all of these.")
]
Search = Annotated[
    str, Meta(max_length=100), printable("Only posts with this in title or content.")
]
Since = Annotated[datetime, Meta(tz=True, description="Only posts of then or later; RFC 3339.")]
Until = Annotated[datetime, Meta(tz=True, description="Only posts of then or earlier; RFC 3339.")]
FEED = System(name="feed")
"""Who asks where no reader does."""

BEGINNING, END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def in_utc(moment: datetime | None) -> datetime | None:
    """An offset may lead out of the years 1 to 9999."""
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return BEGINNING if moment.year == 1 else END


def belongs(relation: Relation) -> bool:
    """In the feed of the caller is what he says himself, and who he follows at this moment."""
    return relation.oneself or relation.follows


def mark_of(wanted: Wanted) -> bytes:
    """What a cursor knows its list by."""
    return blake2b(msgspec.msgpack.encode(wanted), digest_size=8).digest()
