"""Names for identifiers, so that one cannot be passed for another, and where they come from."""

import secrets
import time
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


def uuid7() -> UUID:
    """A new id that sorts by the millisecond it was made in (RFC 9562, section 5.7).

    Random below the millisecond: within one, the order means nothing.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    high = (milliseconds << 16) | 0x7000 | (random >> 62)
    return UUID(int=(high << 64) | (0b10 << 62) | (random & (2**62 - 1)))
