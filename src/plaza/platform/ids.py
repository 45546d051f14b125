"""Names for identifiers, so that one cannot be passed for another, and where they come from."""

import time
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Annotated, NewType
from uuid import UUID

from msgspec import Meta

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)
PostId = NewType("PostId", UUID)
CommentId = NewType("CommentId", UUID)
EventId = NewType("EventId", UUID)
DecisionId = NewType("DecisionId", UUID)

Version = Annotated[int, Meta(ge=1, le=2**31 - 1, description="Counts the edits; starts at 1.")]
"""What an edit must name: the version it replaces."""

FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

RANDOM_BITS = 74
_randbits = SystemRandom().getrandbits


def uuid7() -> UUID:
    """A new id that sorts by the millisecond it was made in (RFC 9562, section 5.7).

    Random below the millisecond: within one, the order means nothing.
    """
    return uuid7_of(time.time_ns() // 1_000_000, _randbits(RANDOM_BITS))


def uuid7_of(milliseconds: int, random: int) -> UUID:
    """The id of that millisecond since 1970 (UTC), told from others by RANDOM_BITS."""
    high = (milliseconds << 16) | 0x7000 | (random >> 62)
    return UUID(int=(high << 64) | (0b10 << 62) | (random & (2**62 - 1)))


def made_at(moment: datetime, *, later: timedelta) -> UUID:
    """Below every id that is made from that long after a moment on, above all before."""
    milliseconds = (moment - EPOCH) // MILLISECOND + later // MILLISECOND
    return UUID(int=max(milliseconds, 0) << 80)
