"""What is announced reaches timelines: however often, in whatever order, whoever is away."""

import asyncio
from random import Random

import pytest

from plaza.feed import reactions as reacting
from plaza.feed.reactions import FeedReactions
from plaza.people.events import Followed, Unfollowed
from plaza.platform.valkey import Away
from plaza.posts.events import PostCreated
from plaza.posts.model import PostChange
from tests.feed.conftest import MOST
from tests.feed.test_service import newest
from tests.people.conftest import person

pytestmark = pytest.mark.anyio


async def readers_of(people, feed, author, count):
    """People who follow the author and have looked at their feed."""
    readers = [person() for _ in range(count)]
    for each in readers:
        await people.follow(each, author.id)
        await feed.read(each)
    return readers


async def kept(feed, timelines, reader):
    """What a reader's timeline shows, and that it is there."""
    assert await timelines.begin([reader.id]) == {}
    return (await feed.read(reader, limit=100)).items


@pytest.mark.parametrize("seed", range(5))
async def test_twice_and_out_of_order_ends_as_once_and_in_order(
    people, feed, timelines, say, outbox, ada, bob, seed
):
    chance = Random(seed)
    await people.follow(ada, bob.id)
    await outbox.deliver()
    await feed.read(ada)
    said = [await say(each) for each in (ada, bob) * (MOST // 2)]
    events = await outbox.news() * 2
    chance.shuffle(events)
    while events:
        await outbox.deliver([events.pop() for _ in range(min(len(events), chance.randint(1, 5)))])
    assert await kept(feed, timelines, ada) == newest(*said)


async def test_an_edit_that_comes_before_the_post_puts_it_there_once(
    people, feed, timelines, posts, say, outbox, ada, bob
):
    await people.follow(ada, bob.id)
    await outbox.deliver()
    await feed.read(ada)
    post = await say(bob)
    edited = await posts.edit(bob, post.id, PostChange(content="hullo"), 1)
    await outbox.deliver((await outbox.news())[::-1])
    assert await kept(feed, timelines, ada) == [edited]


async def test_a_page_of_followers_is_not_all_of_them(
    people, feed, timelines, say, outbox, bob, carol
):
    """Followers come two at a time here; some follow both."""
    readers = await readers_of(people, feed, bob, 5)
    for each in readers[:3]:
        await people.follow(each, carol.id)
    await outbox.deliver()
    for each in readers:
        await feed.read(each)
    one, other = await say(bob), await say(carol)
    await outbox.deliver()
    for each in readers[:3]:
        assert await kept(feed, timelines, each) == newest(one, other)
    for each in readers[3:]:
        assert await kept(feed, timelines, each) == [one]


async def test_followed_and_unfollowed_in_any_order_leave_nothing_stale(
    people, feed, say, outbox, ada, bob
):
    said = await say(bob)
    await people.follow(ada, bob.id)
    await people.unfollow(ada, bob.id)
    await people.follow(ada, bob.id)
    events = await outbox.news()
    assert {type(each) for each in events} == {PostCreated, Followed, Unfollowed}
    for shuffled in (events, events[::-1], events * 2):
        await outbox.deliver(shuffled)
        assert (await feed.read(ada)).items == [said]


class Restarting:
    """Timelines that are away for a while at first."""

    def __init__(self, timelines):
        self._timelines = timelines
        self.refused = 0

    async def push(self, news):
        if self.refused < 3:
            self.refused += 1
            raise Away
        await self._timelines.push(news)


async def test_while_valkey_is_away_its_events_wait(
    people, feed, timelines, say, outbox, ada, bob, monkeypatch
):
    monkeypatch.setattr(reacting, "PAUSE_SECONDS", 0)
    await people.follow(ada, bob.id)
    await outbox.deliver()
    await feed.read(ada)
    said = await say(bob)
    restarting = Restarting(timelines)
    (event,) = await outbox.news()
    async with asyncio.timeout(10):
        await FeedReactions(people, restarting).on_said([event])
    assert restarting.refused == 3
    assert await kept(feed, timelines, ada) == [said]
