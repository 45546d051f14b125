"""What this context announces. Fields may be added, never renamed or removed."""

from plaza.people.model import Visibility
from plaza.platform.events import NOTHING, Event, Outdated
from plaza.platform.ids import CommentId, PostId, UserId, Version

POST = "posts.post"
"""What processes remember by a post's id: the post with its counts."""


class _PostEvent(Event, frozen=True, kw_only=True):
    post_id: PostId
    author_id: UserId

    @property
    def key(self) -> PostId:
        return self.post_id

    @property
    def outdates(self) -> Outdated:
        return {POST: [self.post_id]}


class PostCreated(_PostEvent, frozen=True, kw_only=True):
    topic = "posts.created"

    visibility: Visibility = Visibility.PUBLIC

    @property
    def outdates(self) -> Outdated:
        """That a post does not exist, nobody remembers."""
        return NOTHING


class PostEdited(_PostEvent, frozen=True, kw_only=True):
    topic = "posts.edited"

    version: Version
    visibility: Visibility = Visibility.PUBLIC


class PostDeleted(_PostEvent, frozen=True, kw_only=True):
    topic = "posts.deleted"


class _CommentEvent(Event, frozen=True, kw_only=True):
    """`author_id` is who commented."""

    comment_id: CommentId
    post_id: PostId
    post_author_id: UserId
    author_id: UserId

    @property
    def key(self) -> PostId:
        return self.post_id

    @property
    def outdates(self) -> Outdated:
        """The count of its comments."""
        return {POST: [self.post_id]}


class CommentCreated(_CommentEvent, frozen=True, kw_only=True):
    topic = "posts.comment_created"


class CommentEdited(_CommentEvent, frozen=True, kw_only=True):
    topic = "posts.comment_edited"

    version: Version

    @property
    def outdates(self) -> Outdated:
        return NOTHING


class CommentDeleted(_CommentEvent, frozen=True, kw_only=True):
    topic = "posts.comment_deleted"
