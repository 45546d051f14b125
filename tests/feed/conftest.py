"""People who read what others say, and the feed they read."""

from collections.abc import Sequence

import msgspec
import pytest

from plaza.feed.reactions import FeedReactions
from plaza.feed.service import Feed
from plaza.feed.timelines import Timelines
from plaza.people.service import People
from plaza.platform.caller import User
from plaza.platform.database import Database
from plaza.platform.events import Event
from plaza.platform.valkey import ValkeyClient
from plaza.posts.model import NewPost, Post
from plaza.posts.service import Posts
from tests.people.conftest import person
from tests.posts.conftest import ada, bob, caches, people, posts

__all__ = ["ada", "bob", "caches", "people", "posts"]
"""The same people post here."""

MOST = 10
"""So short is a timeline here."""


class Outbox:
    """What was announced since one last looked, and who reacts to it."""

    def __init__(self, database: Database, reactions: FeedReactions) -> None:
        self._database = database
        self._reactions = reactions.all
        self._seen = 0
        self._types = {each.topic: each for reaction in self._reactions for each in reaction.events}

    async def news(self) -> list[Event]:
        async with self._database.reading() as connection:
            rows = await connection.fetch(
                "select seq, topic, payload from platform.outbox where seq > $1 order by seq",
                self._seen,
            )
        self._seen = max([self._seen, *(row["seq"] for row in rows)])
        return [
            msgspec.json.decode(row["payload"], type=self._types[row["topic"]])
            for row in rows
            if row["topic"] in self._types
        ]

    async def deliver(self, events: Sequence[Event] | None = None) -> None:
        events = await self.news() if events is None else events
        for reaction in self._reactions:
            if mine := [each for each in events if type(each) in reaction.events]:
                await reaction.react(mine)


@pytest.fixture
async def valkey(valkey_url):
    async with ValkeyClient(valkey_url) as valkey:
        yield valkey


@pytest.fixture
def timelines(valkey: ValkeyClient) -> Timelines:
    return Timelines(valkey, most=MOST)


@pytest.fixture
def feed(people: People, posts: Posts, timelines: Timelines) -> Feed:
    return Feed(people, posts, timelines)


@pytest.fixture
def reactions(people: People, timelines: Timelines) -> FeedReactions:
    return FeedReactions(people, timelines, at_once=2)


@pytest.fixture
async def outbox(database: Database, reactions: FeedReactions) -> Outbox:
    outbox = Outbox(database, reactions)
    await outbox.news()
    return outbox


@pytest.fixture
def say(posts: Posts):
    async def say(who: User, content: str = "hello", **more) -> Post:
        return await posts.create(who, NewPost(content=content, **more))

    return say


@pytest.fixture
def pages(feed: Feed):
    """All that somebody reads, page by page; `between` is called before each further one."""

    async def pages(who: User, limit: int = 3, *, between=None, **wanted) -> list[Post]:
        seen, cursor = [], None
        for _ in range(100):
            page = await feed.read(who, limit=limit, cursor=cursor, **wanted)
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                return seen
            assert len(page.items) == limit, "a page is short though there is more"
            if between is not None:
                await between()
        raise AssertionError("the feed does not end")

    return pages


@pytest.fixture
def carol() -> User:
    return person()
