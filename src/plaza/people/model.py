"""The nouns of this context, and the rules that need no database."""

from enum import Enum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from plaza.platform.ids import UserId, Version
from plaza.platform.text import END, Input, Time, printable

DisplayName = Annotated[
    str, Meta(min_length=1, max_length=50), printable("How one wants to be called.")
]
Bio = Annotated[str, Meta(min_length=1, max_length=500), printable("What one says of oneself.")]
Website = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=200,
        pattern=(
            r"^https?://[^\s<>\x22\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
            + END
        ),
        description="An address that begins with http:// or https://.",
        extra={"message": "A website begins with http:// or https://."},
    ),
]
Place = Annotated[str, Meta(min_length=1, max_length=100), printable("Where one is.")]
Username = Annotated[str, Meta(min_length=3, max_length=30, pattern=r"^[a-z0-9_.]+" + END)]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=36,
        pattern=r"^@?[A-Za-z0-9_.-]+" + END,
        description="An id, or a username after an @.",
        extra={"message": "This is neither an id nor a username after an @."},
    ),
]
PeopleCount = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Standing(Enum):
    """What is known here of an account; only who is active is seen."""

    PENDING = "pending"
    ACTIVE = "active"
    GONE = "gone"


class ProfileChange(Input, frozen=True, kw_only=True):
    """A field left out keeps its value; what is null is taken away."""

    display_name: DisplayName | UnsetType | None = UNSET
    bio: Bio | UnsetType | None = UNSET
    website: Website | UnsetType | None = UNSET
    location: Place | UnsetType | None = UNSET


class Profile(Struct, frozen=True, kw_only=True):
    """A person as others see them; `created_at` is when they joined."""

    id: UserId
    username: Username
    display_name: DisplayName | None
    bio: Bio | None
    website: Website | None
    location: Place | None
    follower_count: PeopleCount
    following_count: PeopleCount
    version: Version
    created_at: Time
