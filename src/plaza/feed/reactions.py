"""What this context does when others announce: in one round trip a page of followers, idempotent.

While Valkey is away a reaction waits for it, and its events with it: what they would have pushed
into a timeline that is still there afterwards would be a hole.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog

from plaza.feed.model import FEED
from plaza.feed.timelines import Timelines
from plaza.people.api import PeopleApi
from plaza.people.events import Followed, Unfollowed
from plaza.people.model import FOLLOWER, Follow, may_see
from plaza.platform.ids import PostId, UserId
from plaza.platform.reactions import Lane, Reaction
from plaza.platform.valkey import Away
from plaza.posts.events import PostCreated, PostEdited

log = structlog.get_logger()

FOLLOWERS_AT_ONCE = 1_000
PAUSE_SECONDS = 0.5

Said = PostCreated | PostEdited


class FeedReactions:
    def __init__(
        self, people: PeopleApi, timelines: Timelines, *, at_once: int = FOLLOWERS_AT_ONCE
    ) -> None:
        self._people = people
        self._timelines = timelines
        self._at_once = at_once

    @property
    def all(self) -> tuple[Reaction, ...]:
        return (
            Reaction(
                name="feed.posts",
                events=(PostCreated, PostEdited),
                react=self.on_said,
                lane=Lane.BULK,
            ),
            Reaction(name="feed.follows", events=(Followed, Unfollowed), react=self.on_followed),
        )

    async def on_said(self, events: Sequence[Said]) -> None:
        """Into the timelines of who said it and of those who follow.

        An edit may have opened a post to its followers; where it was open already nothing changes.
        """
        said: defaultdict[UserId, set[PostId]] = defaultdict(set)
        own: defaultdict[UserId, set[PostId]] = defaultdict(set)
        for each in events:
            own[each.author_id].add(each.post_id)
            if may_see(FEED, FOLLOWER, each.visibility):
                said[each.author_id].add(each.post_id)
        await self._push(own)
        past: Follow | None = None
        while said:
            follows = await self._people.follows_of(FEED, sorted(said), past, self._at_once)
            await self._push(_by_follower(follows, said))
            if len(follows) < self._at_once:
                break
            past = follows[-1]

    async def on_followed(self, events: Sequence[Followed | Unfollowed]) -> None:
        """Thrown away, and built anew when it is read."""
        await _once_there(lambda: self._timelines.forget({each.follower_id for each in events}))

    async def _push(self, news: Mapping[UserId, set[PostId]]) -> None:
        await _once_there(lambda: self._timelines.push(news))


def _by_follower(
    follows: Iterable[Follow], said: Mapping[UserId, set[PostId]]
) -> Mapping[UserId, set[PostId]]:
    news: defaultdict[UserId, set[PostId]] = defaultdict(set)
    for each in follows:
        news[each.follower_id] |= said[each.followed_id]
    return news


async def _once_there(send: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await send()
        except Away:
            log.warning("timelines wait for valkey")
            await asyncio.sleep(PAUSE_SECONDS)
