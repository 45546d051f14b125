"""The nouns of this context, and the rules that need no database."""

from enum import Enum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from plaza.platform.caller import Anonymous, Caller
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


class Visibility(Enum):
    """Who may see a thing, beside its author."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    CLOSE_FRIENDS = "close_friends"
    PRIVATE = "private"


class Relation(Struct, frozen=True, kw_only=True):
    """What is between a caller and a person, seen from the caller."""

    oneself: bool
    follows: bool
    followed_by: bool


class Follow(Struct, frozen=True, order=True):
    followed_id: UserId
    follower_id: UserId


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


ONESELF = Relation(oneself=True, follows=False, followed_by=False)
STRANGER = Relation(oneself=False, follows=False, followed_by=False)
FOLLOWER = Relation(oneself=False, follows=True, followed_by=False)
PUBLIC = frozenset({Visibility.PUBLIC})
FOLLOWERS = PUBLIC | {Visibility.FOLLOWERS}


def open_to(caller: Caller, relation: Relation) -> frozenset[Visibility]:
    """The one rule: what the caller may see of a person's things, by who else may."""
    if isinstance(caller, Anonymous):
        return frozenset()
    if relation.oneself:
        return frozenset(Visibility)
    return FOLLOWERS if relation.follows else PUBLIC


def may_see(caller: Caller, relation: Relation, visibility: Visibility) -> bool:
    return visibility in open_to(caller, relation)
