"""Made-up people and whom they follow, many at once; for a command, never for a client."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from plaza.people.model import Standing
from plaza.platform.ids import UserId
from plaza.platform.sql import Connection

PROFILE = (
    "id",
    "username",
    "state",
    "display_name",
    "bio",
    "website",
    "location",
    "follower_count",
    "following_count",
    "created_at",
)
FOLLOW = ("follower_id", "followed_id", "created_at")


class MadeUpFollow(Struct, frozen=True):
    followed_id: UserId
    created_at: datetime


class MadeUpPerson(Struct, frozen=True, kw_only=True):
    """`username` is the one the account has got."""

    id: UserId
    username: str
    display_name: str | None
    bio: str | None
    website: str | None
    location: str | None
    created_at: datetime
    follows: Sequence[MadeUpFollow]


async def write(connection: Connection, people: Sequence[MadeUpPerson]) -> None:
    """Profiles as a registration would have made them by now; they follow each other only."""
    followers = Counter(each.followed_id for person in people for each in person.follows)
    profiles = (
        (
            each.id,
            each.username,
            Standing.ACTIVE.value,
            each.display_name,
            each.bio,
            each.website,
            each.location,
            followers[each.id],
            len(each.follows),
            each.created_at,
        )
        for each in people
    )
    follows = (
        (person.id, each.followed_id, each.created_at)
        for person in people
        for each in person.follows
    )
    copy = connection.copy_records_to_table
    await copy("profile", schema_name="people", columns=PROFILE, records=profiles)
    await copy("follow", schema_name="people", columns=FOLLOW, records=follows)
