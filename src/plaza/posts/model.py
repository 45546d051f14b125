"""The nouns of this context, and the rules that need no database."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from plaza.people.model import Visibility
from plaza.platform.ids import CommentId, PostId, UserId, Version
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
