"""What is said about a post."""

from typing import Protocol

from plaza.platform.caller import Caller
from plaza.platform.ids import CommentId, PostId, Version
from plaza.platform.operations import May, operation
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from plaza.platform.problems import Stale
from plaza.posts.model import Comment, CommentChange, NewComment
from plaza.posts.problems import CommentNotFound, NotTheCommenter, PostNotFound


class CommentsApi(Protocol):
    @operation(may=May.USER, limit="write", idempotent=True, cost=3, problems=(PostNotFound,))
    async def create(self, caller: Caller, post_id: PostId, comment: NewComment) -> Comment:
        """Say something about a post."""

    @operation(may=May.USER, problems=(PostNotFound,))
    async def of_post(
        self,
        caller: Caller,
        post_id: PostId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Comment]:
        """List what is said about a post, newest first."""

    @operation(
        may=May.USER,
        limit="write",
        cost=2,
        problems=(PostNotFound, CommentNotFound, NotTheCommenter, Stale),
    )
    async def edit(
        self,
        caller: Caller,
        post_id: PostId,
        comment_id: CommentId,
        change: CommentChange,
        version: Version,
    ) -> Comment:
        """Change a comment, if it is still the version you read."""

    @operation(
        may=May.USER, limit="write", problems=(PostNotFound, CommentNotFound, NotTheCommenter)
    )
    async def delete(self, caller: Caller, post_id: PostId, comment_id: CommentId) -> None:
        """Take a comment back."""
