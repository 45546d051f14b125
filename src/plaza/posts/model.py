"""The nouns of this context, and the rules that need no database."""

from datetime import timedelta
from enum import Enum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from plaza.people.model import Visibility
from plaza.platform.ids import FIRST_ID, LAST_ID, CommentId, PostId, UserId, Version, made_at
from plaza.platform.text import END, Input, Time, printable

Title = Annotated[str, Meta(min_length=1, max_length=200), printable("What it is about.")]
Content = Annotated[str, Meta(min_length=1, max_length=2_000), printable("What is said.")]
Tag = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        pattern=r"^[^\s#,\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
        + END,
        description="A word to find it by, without the #.",
        extra={"message": "A tag is one word without # and comma."},
    ),
]
CommentText = Annotated[
    str, Meta(min_length=1, max_length=1_000), printable("What is said about it.")
]
CommentCount = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Tags = Annotated[list[Tag], Meta(max_length=10)]


class NewPost(Input, frozen=True, kw_only=True):
    content: Content
    title: Title | None = None
    tags: Tags = field(default_factory=list)
    visibility: Visibility = Visibility.PUBLIC


class Sort(Enum):
    """By when they were written: the newest or the oldest first."""

    ASC = "asc"
    DESC = "desc"


class Wanted(Struct, frozen=True, kw_only=True):
    """Posts with all these tags, and these words in title or content, of this time; in order."""

    sort: Sort = Sort.DESC
    tags: list[Tag] | None = None
    search: str | None = None
    since: Time | None = None
    until: Time | None = None


ANY = Wanted()
APART = timedelta(minutes=1)
"""A post and its id are made in one breath; clocks are set."""


def bounds(wanted: Wanted, past: PostId | None) -> tuple[UUID, UUID]:
    """Between which ids such posts are, which go on after `past`: an index knows ids."""
    after = FIRST_ID if wanted.since is None else made_at(wanted.since, later=-APART)
    before = LAST_ID if wanted.until is None else made_at(wanted.until, later=APART)
    if past is not None and wanted.sort is Sort.DESC:
        before = min(before, past)
    elif past is not None:
        after = max(after, past)
    return after, before


class PostChange(Input, frozen=True, kw_only=True):
    """A field left out keeps its value; a title of null is taken away."""

    content: Content | UnsetType = UNSET
    title: Title | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET


class Post(Struct, frozen=True, kw_only=True):
    """A post as its readers see it: one shape for SQL, JSON, GraphQL and protobuf."""

    id: PostId
    author_id: UserId
    title: Title | None
    content: Content
    tags: Tags
    visibility: Visibility
    comment_count: CommentCount
    version: Version
    created_at: Time
    edited_at: Time | None


class NewComment(Input, frozen=True, kw_only=True):
    content: CommentText


class CommentChange(Input, frozen=True, kw_only=True):
    content: CommentText


class Comment(Struct, frozen=True, kw_only=True):
    """A comment as its readers see it: those who see the post."""

    id: CommentId
    post_id: PostId
    author_id: UserId
    content: CommentText
    version: Version
    created_at: Time
    edited_at: Time | None
