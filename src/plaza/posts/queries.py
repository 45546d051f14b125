"""The typed face of queries.sql; binding fails at start-up if the two disagree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from plaza.people.model import Visibility
from plaza.platform.ids import PostId, UserId
from plaza.platform.sql import bind
from plaza.platform.text import Time
from plaza.posts.model import Content, Post, Title


class PostQueries(Protocol):
    async def find(self, post_ids: Sequence[PostId]) -> list[Post]: ...

    async def ids_by_author(
        self,
        author_id: UserId,
        visibilities: Sequence[str],
        before: PostId | None,
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
