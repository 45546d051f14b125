"""The typed face of queries.sql; binding fails at start-up if the two disagree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from plaza.people.model import Visibility
from plaza.platform.ids import CommentId, PostId, UserId
from plaza.platform.sql import bind
from plaza.platform.text import Time
from plaza.posts.model import Comment, Content, Post, Title


class PostQueries(Protocol):
    async def find(self, post_ids: Sequence[PostId]) -> list[Post]: ...

    async def ids_by_author(
        self,
        author_id: UserId,
        visibilities: Sequence[str],
        before: PostId | None,
        count: int,
    ) -> list[PostId]: ...

    async def newest_ids(
        self,
        author_ids: Sequence[UserId],
        viewer_id: UserId,
        visibilities: Sequence[str],
        before: UUID,
        count: int,
    ) -> list[PostId]: ...

    async def wanted_ids_newest(
        self,
        *,
        author_ids: Sequence[UserId],
        viewer_id: UserId,
        visibilities: Sequence[str],
        after: UUID,
        before: UUID,
        tags: Sequence[str],
        search: str | None,
        since: Time | None,
        until: Time | None,
        count: int,
    ) -> list[PostId]: ...

    async def wanted_ids_oldest(
        self,
        *,
        author_ids: Sequence[UserId],
        viewer_id: UserId,
        visibilities: Sequence[str],
        after: UUID,
        before: UUID,
        tags: Sequence[str],
        search: str | None,
        since: Time | None,
        until: Time | None,
        count: int,
    ) -> list[PostId]: ...

    async def lock(self, post_id: PostId) -> Post | None: ...

    async def keep_edition(self, post_id: PostId) -> None: ...

    async def update(
        self,
        *,
        post_id: PostId,
        title: str | None,
        content: str,
        tags: Sequence[str],
        visibility: Visibility,
        edited_at: Time,
    ) -> Post: ...

    async def delete(self, post_id: PostId, deleted_at: Time) -> None: ...

    async def insert_comment(
        self,
        id: CommentId,  # noqa: A002  # the column's name
        post_id: PostId,
        author_id: UserId,
        content: str,
        created_at: Time,
    ) -> None: ...

    async def comments(
        self, post_id: PostId, before: CommentId | None, count: int
    ) -> list[Comment]: ...

    async def lock_comment(self, comment_id: CommentId, post_id: PostId) -> Comment | None: ...

    async def update_comment(
        self, comment_id: CommentId, content: str, edited_at: Time
    ) -> Comment: ...

    async def delete_comment(self, comment_id: CommentId, deleted_at: Time) -> None: ...


class PostRow(Struct, frozen=True):
    """The columns of a new post; `tags` as JSON, as arrays of arrays must be rectangular."""

    id: PostId
    author_id: UserId
    title: Title | None
    content: Content
    tags: str
    visibility: Visibility
    created_at: Time


queries = bind(PostQueries, Path(__file__).with_name("queries.sql"))
insert_many = queries.writing("insert_many", PostRow)
