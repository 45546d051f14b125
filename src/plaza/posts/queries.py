"""The typed face of queries.sql; binding fails at start-up if the two disagree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from plaza.platform.ids import PostId, UserId
from plaza.platform.sql import bind
from plaza.platform.text import Time
from plaza.posts.model import Post


class PostQueries(Protocol):
    async def find(self, post_ids: Sequence[PostId]) -> list[Post]: ...

    async def ids_by_author(
        self, author_id: UserId, before: PostId | None, count: int
    ) -> list[PostId]: ...

    async def lock(self, post_id: PostId) -> Post | None: ...

    async def keep_edition(self, post_id: PostId) -> None: ...

    async def update(
        self,
        post_id: PostId,
        title: str | None,
        content: str,
        tags: Sequence[str],
        visibility: str,
        edited_at: Time,
    ) -> Post: ...

    async def delete(self, post_id: PostId, deleted_at: Time) -> None: ...


queries = bind(PostQueries, Path(__file__).with_name("queries.sql"))
