"""Made-up posts and what is said about them, many at once; for a command, never for a client."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from plaza.people.model import Visibility
from plaza.platform.ids import CommentId, PostId, UserId
from plaza.platform.sql import Connection

POST = (
    "id",
    "author_id",
    "title",
    "content",
    "tags",
    "visibility",
    "comment_count",
    "created_at",
)
COMMENT = ("id", "post_id", "author_id", "content", "created_at")


class MadeUpComment(Struct, frozen=True):
    id: CommentId
    author_id: UserId
    content: str
    created_at: datetime


class MadeUpPost(Struct, frozen=True, kw_only=True):
    id: PostId
    author_id: UserId
    title: str | None
    content: str
    tags: Sequence[str]
    visibility: Visibility
    created_at: datetime
    comments: Sequence[MadeUpComment]


async def write(connection: Connection, made_up: Sequence[MadeUpPost]) -> None:
    """Nobody is told: no event is announced."""
    posts = (
        (
            each.id,
            each.author_id,
            each.title,
            each.content,
            each.tags,
            each.visibility.value,
            len(each.comments),
            each.created_at,
        )
        for each in made_up
    )
    comments = (
        (each.id, post.id, each.author_id, each.content, each.created_at)
        for post in made_up
        for each in post.comments
    )
    copy = connection.copy_records_to_table
    await copy("post", schema_name="posts", columns=POST, records=posts)
    await copy("comment", schema_name="posts", columns=COMMENT, records=comments)
