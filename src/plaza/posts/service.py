"""The verbs. One method is one decision is one transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET

from plaza.people.api import PeopleApi
from plaza.people.model import FOLLOWER, STRANGER, Relation, Visibility, may_see, open_to
from plaza.platform.caches import Caches
from plaza.platform.caller import Caller, Role, User
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import LAST_ID, CommentId, PostId, UserId, Version, uuid7
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page, after, cursor_of
from plaza.platform.problems import Stale
from plaza.platform.turns import Turns
from plaza.platform.writer import Decision, Writer
from plaza.posts.events import (
    POST,
    CommentCreated,
    CommentDeleted,
    CommentEdited,
    PostCreated,
    PostDeleted,
    PostEdited,
)
from plaza.posts.model import (
    ANY,
    Comment,
    CommentChange,
    NewComment,
    NewPost,
    Post,
    PostChange,
    Sort,
    Wanted,
    bounds,
)
from plaza.posts.problems import CommentNotFound, NotTheAuthor, NotTheCommenter, PostNotFound
from plaza.posts.queries import PostRow, insert_many, queries

PUBLIC = Visibility.PUBLIC
SEARCHES_AT_ONCE = 2
"""Of the ten connections of a process: filters have no index, a search may take its 5 s."""


class Posts:
    def __init__(self, database: Database, people: PeopleApi, caches: Caches) -> None:
        self._database = database
        self._people = people
        self._written = Writer(database, insert_many)
        self._known = caches.loader(POST, self._find, size=20_000)
        self._searches = Turns(SEARCHES_AT_ONCE)

    async def create(self, caller: Caller, post: NewPost) -> Post:
        made = Post(
            id=PostId(uuid7()),
            author_id=caller.user_id,
            title=post.title,
            content=post.content,
            tags=post.tags,
            visibility=post.visibility,
            comment_count=0,
            version=1,
            created_at=datetime.now(UTC),
            edited_at=None,
        )
        return await self._written.write(
            Decision(
                answer=made,
                row=_row(made),
                events=[
                    PostCreated(
                        post_id=made.id,
                        author_id=made.author_id,
                        visibility=made.visibility,
                        occurred_at=made.created_at,
                    )
                ],
                claim=caller.origin.claim,
            )
        )

    async def get(self, caller: Caller, post_id: PostId) -> Post:
        post = self._known.hit(post_id) or await self._known.get(post_id)
        if post is None:
            raise PostNotFound
        relation = STRANGER
        if post.visibility is not PUBLIC:
            author_id = post.author_id
            relation = (await self._people.relations(caller, [author_id])).get(author_id, STRANGER)
        if not may_see(caller, relation, post.visibility):
            raise PostNotFound
        return post

    async def get_many(self, caller: Caller, post_ids: Sequence[PostId]) -> list[Post]:
        found = await self._known.get_many(post_ids)
        # What is public asks for no relation: nobody is kept from it yet.
        apart = {each.author_id for each in found.values() if each.visibility is not PUBLIC}
        relations = await self._people.relations(caller, list(apart)) if apart else {}
        return [
            post
            for post in (found[post_id] for post_id in post_ids if post_id in found)
            if may_see(caller, relations.get(post.author_id, STRANGER), post.visibility)
        ]

    async def by_author(
        self,
        caller: Caller,
        author_id: UserId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Post]:
        before = after(cursor)
        relations = await self._people.relations(caller, [author_id])
        shown_to = [each.value for each in open_to(caller, relations[author_id])]
        async with self._database.reading() as connection:
            ids = await queries(connection).ids_by_author(
                author_id, shown_to, None if before is None else PostId(before), limit + 1
            )
        shown = ids[:limit]
        return Page(
            items=await self.get_many(caller, shown),
            next_cursor=cursor_of(shown[-1]) if len(ids) > limit else None,
        )

    async def ids_of(
        self,
        caller: Caller,
        author_ids: Sequence[UserId],
        wanted: Wanted,
        past: PostId | None,
        count: int,
    ) -> list[PostId]:
        shown_to = [each.value for each in open_to(caller, FOLLOWER)]
        viewer_id = caller.user_id
        if wanted == ANY:
            async with self._database.reading("posts.ids_of") as connection:
                before = past or LAST_ID
                ask = queries(connection)
                return await ask.newest_ids(author_ids, viewer_id, shown_to, before, count)
        after, before = bounds(wanted, past)
        async with (
            self._searches.of(viewer_id),
            self._database.reading("posts.search") as connection,
        ):
            ask = queries(connection)
            newest = wanted.sort is Sort.DESC
            return await (ask.wanted_ids_newest if newest else ask.wanted_ids_oldest)(
                author_ids=author_ids,
                viewer_id=viewer_id,
                visibilities=shown_to,
                after=after,
                before=before,
                tags=wanted.tags or [],
                search=wanted.search,
                since=wanted.since,
                until=wanted.until,
                count=count,
            )

    async def edit(
        self, caller: Caller, post_id: PostId, change: PostChange, version: Version
    ) -> Post:
        relation = await self.relation(caller, post_id)

        async def decide(tx: Transaction) -> Post:
            post = await _own(tx, caller, post_id, relation, Role.MODERATOR)
            if post.version != version:
                raise Stale(version=post.version)
            edited = await _replace(tx, _changed(post, change))
            tx.announce(
                PostEdited(
                    post_id=post_id,
                    author_id=post.author_id,
                    version=edited.version,
                    visibility=edited.visibility,
                    occurred_at=edited.edited_at or edited.created_at,
                )
            )
            return edited

        return await self._database.decide("posts.edit", decide)

    async def delete(self, caller: Caller, post_id: PostId) -> None:
        relation = await self.relation(caller, post_id)

        async def decide(tx: Transaction) -> None:
            post = await _own(tx, caller, post_id, relation, Role.ADMIN)
            now = datetime.now(UTC)
            await queries(tx.connection).delete(post_id, now)
            tx.announce(PostDeleted(post_id=post_id, author_id=post.author_id, occurred_at=now))

        await self._database.decide("posts.delete", decide)

    async def relation(self, caller: Caller, post_id: PostId) -> Relation:
        """What is between the caller and the author, who never changes; all else may have."""
        post = await self._known.get(post_id)
        if post is None:
            raise PostNotFound
        return (await self._people.relations(caller, [post.author_id]))[post.author_id]

    async def _find(self, post_ids: Sequence[PostId]) -> Mapping[PostId, Post]:
        async with self._database.reading() as connection:
            return {post.id: post for post in await queries(connection).find(post_ids)}


class Comments:
    """To see a post is to see what is said about it."""

    def __init__(self, database: Database, posts: Posts) -> None:
        self._database = database
        self._posts = posts

    async def create(self, caller: Caller, post_id: PostId, comment: NewComment) -> Comment:
        relation = await self._posts.relation(caller, post_id)
        made = Comment(
            id=CommentId(uuid7()),
            post_id=post_id,
            author_id=caller.user_id,
            content=comment.content,
            version=1,
            created_at=datetime.now(UTC),
            edited_at=None,
        )

        async def decide(tx: Transaction) -> Comment:
            post = await _seen(tx, caller, post_id, relation)
            await queries(tx.connection).insert_comment(
                made.id, post_id, made.author_id, made.content, made.created_at
            )
            tx.announce(CommentCreated(**_told(post, made), occurred_at=made.created_at))
            return made

        return await self._database.decide(
            "posts.create_comment", decide, claim=caller.origin.claim, answer=Comment
        )

    async def of_post(
        self,
        caller: Caller,
        post_id: PostId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Comment]:
        before = after(cursor)
        await self._posts.get(caller, post_id)
        async with self._database.reading("posts.comments") as connection:
            found = await queries(connection).comments(
                post_id, None if before is None else CommentId(before), limit + 1
            )
        shown = found[:limit]
        return Page(
            items=shown, next_cursor=cursor_of(shown[-1].id) if len(found) > limit else None
        )

    async def edit(
        self,
        caller: Caller,
        post_id: PostId,
        comment_id: CommentId,
        change: CommentChange,
        version: Version,
    ) -> Comment:
        relation = await self._posts.relation(caller, post_id)

        async def decide(tx: Transaction) -> Comment:
            post = await _seen(tx, caller, post_id, relation)
            comment = await _own_comment(tx, caller, post_id, comment_id, Role.MODERATOR)
            if comment.version != version:
                raise Stale(version=comment.version)
            now = datetime.now(UTC)
            edited = await queries(tx.connection).update_comment(comment_id, change.content, now)
            told = _told(post, edited)
            tx.announce(CommentEdited(**told, version=edited.version, occurred_at=now))
            return edited

        return await self._database.decide("posts.edit_comment", decide)

    async def delete(self, caller: Caller, post_id: PostId, comment_id: CommentId) -> None:
        relation = await self._posts.relation(caller, post_id)

        async def decide(tx: Transaction) -> None:
            post = await _seen(tx, caller, post_id, relation)
            comment = await _own_comment(tx, caller, post_id, comment_id, Role.ADMIN)
            now = datetime.now(UTC)
            await queries(tx.connection).delete_comment(comment_id, now)
            tx.announce(CommentDeleted(**_told(post, comment), occurred_at=now))

        await self._database.decide("posts.delete_comment", decide)


async def _own_comment(
    tx: Transaction, caller: Caller, post_id: PostId, comment_id: CommentId, role: Role
) -> Comment:
    """Locked, if the caller may change it: who wrote it, or one of that role and above."""
    comment = await queries(tx.connection).lock_comment(comment_id, post_id)
    if comment is None:
        raise CommentNotFound
    if not _may_change(caller, comment.author_id, role):
        raise NotTheCommenter
    return comment


def _told(post: Post, comment: Comment) -> dict[str, Any]:
    return {
        "comment_id": comment.id,
        "post_id": post.id,
        "post_author_id": post.author_id,
        "author_id": comment.author_id,
    }


def _may_change(caller: Caller, author_id: UserId, role: Role) -> bool:
    return author_id == caller.user_id or (isinstance(caller, User) and caller.role >= role)


async def _seen(tx: Transaction, caller: Caller, post_id: PostId, relation: Relation) -> Post:
    """The post, locked, if the caller may see it."""
    post = await queries(tx.connection).lock(post_id)
    if post is None or not may_see(caller, relation, post.visibility):
        raise PostNotFound
    return post


async def _own(
    tx: Transaction, caller: Caller, post_id: PostId, relation: Relation, role: Role
) -> Post:
    """The post, locked, if the caller may change it: its author, or one of that role and above."""
    post = await _seen(tx, caller, post_id, relation)
    if not _may_change(caller, post.author_id, role):
        raise NotTheAuthor
    return post


async def _replace(tx: Transaction, post: Post) -> Post:
    """What it said before is kept as an edition."""
    await queries(tx.connection).keep_edition(post.id)
    return await queries(tx.connection).update(
        post_id=post.id,
        title=post.title,
        content=post.content,
        tags=post.tags,
        visibility=post.visibility,
        edited_at=datetime.now(UTC),
    )


def _row(post: Post) -> PostRow:
    return PostRow(
        id=post.id,
        author_id=post.author_id,
        title=post.title,
        content=post.content,
        tags=msgspec.json.encode(post.tags).decode(),
        visibility=post.visibility,
        created_at=post.created_at,
    )


def _changed(post: Post, change: PostChange) -> Post:
    given = {n: v for n in PostChange.__struct_fields__ if (v := getattr(change, n)) is not UNSET}
    return msgspec.structs.replace(post, **given)
