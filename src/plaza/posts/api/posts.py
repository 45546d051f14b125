"""What people say."""

from collections.abc import Sequence
from typing import Protocol

from plaza.platform.caller import Caller
from plaza.platform.ids import PostId, UserId, Version
from plaza.platform.operations import May, operation
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from plaza.platform.problems import Stale
from plaza.posts.model import NewPost, Post, PostChange, Wanted
from plaza.posts.problems import NotTheAuthor, PostNotFound


class PostsApi(Protocol):
    @operation(may=May.USER, limit="write", idempotent=True, cost=3)
    async def create(self, caller: Caller, post: NewPost) -> Post:
        """Say something."""

    @operation(may=May.USER, problems=(PostNotFound,))
    async def get(self, caller: Caller, post_id: PostId) -> Post:
        """Read a post."""

    async def get_many(self, caller: Caller, post_ids: Sequence[PostId]) -> list[Post]:
        """Those the caller may see, in the order asked; the rest are left out."""

    async def ids_of(
        self,
        caller: Caller,
        author_ids: Sequence[UserId],
        wanted: Wanted,
        past: PostId | None,
        count: int,
    ) -> list[PostId]:
        """The first ids, or those after `past`, of what these show to who follows them.

        Of the caller's own it is all.
        """

    @operation(may=May.USER)
    async def by_author(
        self,
        caller: Caller,
        author_id: UserId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Post]:
        """List a person's posts, newest first."""

    @operation(may=May.USER, limit="write", cost=2, problems=(PostNotFound, NotTheAuthor, Stale))
    async def edit(
        self, caller: Caller, post_id: PostId, change: PostChange, version: Version
    ) -> Post:
        """Change a post, if it is still the version you read."""

    @operation(may=May.USER, limit="write", problems=(PostNotFound, NotTheAuthor))
    async def delete(self, caller: Caller, post_id: PostId) -> None:
        """Take a post back."""
