"""The feed is made page by page: skeleton (which ids), hydrate, rules, present."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import structlog

from plaza.feed.model import (
    FEED,
    Offset,
    Search,
    Since,
    Until,
    WantedTags,
    belongs,
    in_utc,
    mark_of,
)
from plaza.feed.timelines import Piece, Place, Timelines
from plaza.people.api import PeopleApi
from plaza.people.events import Followed
from plaza.platform.caller import Caller, System
from plaza.platform.events import Event
from plaza.platform.ids import PostId, UserId
from plaza.platform.loader import Loader
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page, after, cursor_of
from plaza.platform.problems import FieldError, Invalid, Unavailable
from plaza.platform.valkey import Away
from plaza.posts.api.posts import PostsApi
from plaza.posts.events import PostCreated
from plaza.posts.model import ANY, Post, Sort, Wanted

log = structlog.get_logger()

AT_LEAST, AT_MOST = 20, 500
"""How many ids are looked at together."""
BUILT_AT_ONCE = 4
LATELY_SECONDS = 10.0
"""Far longer than an event takes; then a feed is as late as the events are."""
MOST_LATELY = 10_000


class Lately:
    """Who has just said something here or followed somebody: their timelines do not know yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: OrderedDict[UserId, float] = OrderedDict()

    def hear(self, events: Iterable[Event]) -> None:
        for each in events:
            if isinstance(each, PostCreated | Followed):
                who = each.author_id if isinstance(each, PostCreated) else each.follower_id
                self._until[who] = self._clock() + LATELY_SECONDS
                self._until.move_to_end(who)
        while len(self._until) > MOST_LATELY:
            self._until.popitem(last=False)

    def __contains__(self, who: UserId) -> bool:
        return self._until.get(who, 0.0) > self._clock()


class Feed:
    def __init__(
        self,
        people: PeopleApi,
        posts: PostsApi,
        timelines: Timelines,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lately = Lately(clock)
        self.sources = Counter({"timeline": 0, "built": 0, "postgres": 0})
        """How often ids came from where."""
        self._people = people
        self._posts = posts
        self._timelines = timelines
        self._slices: Loader[Place, Piece] = Loader(timelines.slices, ttl=0, size=0)
        self._built: Loader[UserId, Piece] = Loader(self._build, ttl=0, size=0)
        self._followed: Loader[UserId, Sequence[UserId]] = Loader(self._follows, ttl=0, size=0)
        self._building = asyncio.Semaphore(BUILT_AT_ONCE)

    async def read(
        self,
        caller: Caller,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
        offset: Offset = 0,
        sort: Sort = Sort.DESC,
        tags: WantedTags | None = None,
        search: Search | None = None,
        since: Since | None = None,
        until: Until | None = None,
    ) -> Page[Post]:
        wanted = Wanted(
            sort=sort,
            tags=tags or None,
            search=search or None,
            since=in_utc(since),
            until=in_utc(until),
        )
        mark = mark_of(wanted)
        begin = after(cursor, mark)
        if begin is not None and offset:
            raise Invalid(errors=(FieldError("/offset", "With a cursor there is no offset."),))
        past = None if begin is None else PostId(begin)
        most = offset + limit
        found = await self._found(caller, wanted, past, most + 1)
        items = found[offset:most]
        return Page(
            items=items,
            next_cursor=cursor_of(items[-1].id, mark) if len(found) > most else None,
        )

    async def _found(
        self, caller: Caller, wanted: Wanted, past: PostId | None, count: int
    ) -> list[Post]:
        """So many that the caller may see, or all there are: what rules drop is made up for."""
        found: list[Post] = []
        size = AT_LEAST
        while len(found) < count:
            size = min(max(size, count - len(found)), AT_MOST)
            piece = await self._skeleton(caller, wanted, past, size)
            found += await self._shown(caller, piece.ids)
            if piece.ended:
                break
            past = piece.ids[-1]
            size *= 2
        return found

    async def _shown(self, caller: Caller, ids: Sequence[PostId]) -> list[Post]:
        """Hydrate, then rules: as posts and relations are now, whatever the skeleton remembers."""
        posts = await self._posts.get_many(caller, ids)
        authors = {post.author_id for post in posts}
        relations = await self._people.relations(caller, list(authors)) if authors else {}
        return [post for post in posts if belongs(relations[post.author_id])]

    async def _skeleton(
        self, caller: Caller, wanted: Wanted, past: PostId | None, count: int
    ) -> Piece:
        """Ids that go on after `past`; none only at the end."""
        if wanted == ANY and caller.user_id not in self.lately:
            kept = await self._kept(Place(caller.user_id, past, count))
            if kept is not None and (kept.ids or kept.ended):
                return kept
        self.sources["postgres"] += 1
        return await self._read(caller, wanted, past, count)

    async def _kept(self, place: Place) -> Piece | None:
        """From the timeline, built if it is not there; None where only Postgres can tell."""
        with suppress(Away):
            for _ in range(2):  # whoever came while it was built finds it now
                kept = await self._slices.get(place)
                if kept is not None:
                    self.sources["timeline"] += 1
                    return kept
                built = await self._built.get(place.reader)
                if built is not None:
                    self.sources["built"] += 1
                    return built.slice(place)
        return None

    async def _build(self, readers: Sequence[UserId]) -> Mapping[UserId, Piece]:
        """Of those that nobody else builds: one process, and in it one task, builds a timeline."""
        tokens = await self._timelines.begin(readers)
        built = await asyncio.gather(*(self._build_one(*each) for each in tokens.items()))
        return {reader: piece for reader, piece in zip(tokens, built, strict=True) if piece}

    async def _build_one(self, reader: UserId, token: bytes) -> Piece | None:
        """None where Postgres did not tell: one reader's trouble is nobody else's."""
        me, most = System(name=FEED.name, acting_for=reader), self._timelines.most
        try:
            async with self._building:
                piece = await self._read(me, ANY, None, most)
        except Unavailable as error:
            log.warning("a timeline was not built", error=repr(error))
            return None
        with suppress(Away):
            await self._timelines.finish(reader, token, piece)
        return piece

    async def _read(self, caller: Caller, wanted: Wanted, past: PostId | None, count: int) -> Piece:
        reader = caller.user_id
        followed = await self._followed.get(reader) or ()
        ids = await self._posts.ids_of(caller, [reader, *followed], wanted, past, count)
        return Piece(ids, ended=len(ids) < count)

    async def _follows(self, readers: Sequence[UserId]) -> Mapping[UserId, Sequence[UserId]]:
        return await self._people.followed_by(FEED, readers)
