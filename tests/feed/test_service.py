"""What the feed promises to who reads it, told without any protocol."""

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest

from plaza.feed.service import LATELY_SECONDS, MOST_LATELY, Feed
from plaza.people.model import Visibility
from plaza.people.service import People
from plaza.platform.caches import Caches
from plaza.platform.caller import Anonymous, System
from plaza.platform.database import Database
from plaza.platform.ids import PostId, UserId, uuid7
from plaza.platform.pool import open_pool
from plaza.platform.problems import Invalid, LoginRequired
from plaza.platform.valkey import Away
from plaza.posts.events import PostCreated
from plaza.posts.model import NewPost, PostChange, Sort
from plaza.posts.service import Posts
from tests.feed.conftest import MOST
from tests.people.conftest import Registered, person

pytestmark = pytest.mark.anyio


def newest(*posts):
    return sorted(posts, key=lambda each: each.id, reverse=True)


async def following(people, who, *others):
    for each in others:
        await people.follow(who, each.id)


async def test_a_stranger_reads_nothing(feed):
    with pytest.raises(LoginRequired):
        await feed.read(Anonymous())


async def test_it_is_what_one_says_and_those_one_follows_newest_first(
    people, pages, say, outbox, ada, bob, carol
):
    await following(people, ada, bob)
    said = [await say(each) for each in (ada, bob, bob, ada)]
    await say(carol)
    for _ in range(2):
        assert await pages(ada) == newest(*said)
        await outbox.deliver()
    assert await pages(person()) == []


async def test_what_is_said_later_comes_through_the_timeline(pages, people, say, outbox, ada, bob):
    await following(people, ada, bob)
    first = await say(bob)
    await outbox.deliver()
    assert await pages(ada) == [first]
    second = await say(bob)
    assert await pages(ada) == [first]
    await outbox.deliver()
    assert await pages(ada) == newest(first, second)


async def test_only_those_see_a_post_who_may(people, pages, say, outbox, ada, bob, carol):
    await following(people, ada, bob)
    for _ in range(2):  # built at first, pushed later
        for each in Visibility:
            await say(bob, visibility=each)
        await outbox.deliver()
        for reader in (ada, bob, carol):
            await pages(reader)
    seen = [each.visibility for each in await pages(ada)]
    assert sorted(seen, key=str) == sorted([Visibility.PUBLIC, Visibility.FOLLOWERS] * 2, key=str)
    assert len(await pages(bob)) == 2 * len(Visibility)
    assert await pages(carol) == []


async def test_what_may_not_be_seen_any_more_is_gone_at_once(
    people, posts, pages, say, outbox, ada, bob, carol
):
    await following(people, ada, bob, carol)
    kept, hidden, deleted = [await say(bob) for _ in range(3)]
    left = await say(carol)
    await outbox.deliver()
    assert len(await pages(ada)) == 4
    await posts.edit(bob, hidden.id, PostChange(visibility=Visibility.PRIVATE), 1)
    await posts.delete(bob, deleted.id)
    assert await pages(ada) == newest(kept, left)
    await people.unfollow(ada, carol.id)
    assert await pages(ada) == [kept]


async def test_a_page_is_full_however_much_the_rules_drop(
    people, posts, feed, pages, say, outbox, ada, bob
):
    await following(people, ada, bob)
    await outbox.deliver()
    await pages(ada)
    said = [await say(bob) for _ in range(3 * MOST)]
    await outbox.deliver()
    for each in said[5:-1]:
        await posts.delete(bob, each.id)
    page = await feed.read(ada, limit=4)
    assert page.items == newest(*said[:5], said[-1])[:4]
    assert await pages(ada, 4) == newest(*said[:5], said[-1])


async def test_a_new_follow_shows_what_was_said_before(people, pages, say, outbox, ada, bob, carol):
    await following(people, ada, carol)
    said = [await say(bob), await say(carol)]
    await outbox.deliver()
    assert len(await pages(ada)) == 1
    await following(people, ada, bob)
    await outbox.deliver()
    assert await pages(ada) == newest(*said)


async def test_a_post_that_is_opened_to_followers_comes_to_them(
    people, posts, pages, say, outbox, ada, bob
):
    await following(people, ada, bob)
    await outbox.deliver()
    assert await pages(ada) == []
    secret = await say(bob, visibility=Visibility.PRIVATE)
    later = await say(bob)
    await outbox.deliver()
    assert await pages(ada) == [later]
    shown = await posts.edit(bob, secret.id, PostChange(visibility=Visibility.FOLLOWERS), 1)
    await outbox.deliver()
    assert await pages(ada) == newest(shown, later)


async def test_what_one_does_oneself_one_sees_at_once(
    people, posts, timelines, say, outbox, ada, bob
):
    """Before anybody is told; and if nobody ever is, no longer than a while."""
    now = 0.0
    feed = Feed(people, posts, timelines, clock=lambda: now)
    said = [await say(bob)]
    await outbox.deliver()
    await feed.read(ada)
    await following(people, ada, bob)
    feed.lately.hear(await outbox.news())
    assert (await feed.read(ada)).items == said
    now += LATELY_SECONDS
    said.append(await say(ada))
    assert (await feed.read(ada)).items == []
    feed.lately.hear(await outbox.news())
    assert (await feed.read(ada)).items == newest(*said)


async def test_no_more_is_remembered_of_who_did_something_than_is_kept(feed, ada):
    now = datetime.now(UTC)
    feed.lately.hear(
        PostCreated(post_id=PostId(uuid7()), author_id=who, occurred_at=now)
        for who in [ada.id, *(UserId(uuid7()) for _ in range(MOST_LATELY))]
    )
    assert ada.id not in feed.lately


class Gone:
    """Timelines of a Valkey that is away."""

    most = MOST

    async def slices(self, _):
        raise Away

    begin = finish = push = forget = slices


async def test_without_valkey_every_page_comes_from_postgres(people, posts, say, ada, bob):
    await following(people, ada, bob)
    said = newest(*[await say(bob) for _ in range(2 * MOST)])
    feed = Feed(people, posts, Gone())
    page = await feed.read(ada, limit=MOST)
    assert page.items == said[:MOST]
    page = await feed.read(ada, limit=MOST, cursor=page.next_cursor)
    assert (page.items, page.next_cursor) == (said[MOST:], None)


async def test_where_a_timeline_ends_postgres_goes_on(people, pages, say, outbox, ada, bob):
    await following(people, ada, bob)
    said = [await say(bob) for _ in range(2 * MOST + 3)]
    for limit in (1, 4, MOST, 100):
        assert await pages(ada, limit) == newest(*said)
    await outbox.deliver()
    assert await pages(ada) == newest(*said)


@pytest.mark.parametrize("seed", range(8))
async def test_all_pages_together_are_what_the_database_has(
    people, posts, pages, say, outbox, timelines, database, seed
):
    """Whoever is followed, whatever is hidden or deleted, also when timelines are evicted."""
    chance = Random(seed)
    reader, *others = [person() for _ in range(5)]
    await following(people, reader, *others[:-1])
    said = []
    for _ in range(chance.randint(5, 50)):
        each = await say(
            chance.choice([reader, *others]), visibility=chance.choice(list(Visibility))
        )
        said.append(each)
        if chance.random() < 0.1:
            await outbox.deliver()
        if chance.random() < 0.2:
            await pages(reader, chance.randint(1, 9))
        if chance.random() < 0.2:
            gone = said.pop(chance.randrange(len(said)))
            await posts.delete(System(name="test", acting_for=gone.author_id), gone.id)

    async def evict():
        if chance.random() < 0.4:
            await timelines.forget([reader.id])

    await outbox.deliver()
    async with database.reading() as connection:
        rows = await connection.fetch(
            """select id from posts.post
                where deleted_at is null
                  and (author_id = $1
                       or (author_id = any($2) and visibility in ('public', 'followers')))
                order by id desc""",
            reader.id,
            [each.id for each in others[:-1]],
        )
    for limit in (1, 2, 7, 100):
        seen = await pages(reader, limit, between=evict)
        assert [each.id for each in seen] == [row["id"] for row in rows]


class Watched(Database):
    """Remembers what was read."""

    def reading(self, name="a read"):
        self.read.append(name)
        return super().reading(name)


async def test_a_page_costs_three_statements_whatever_is_on_it(dsn, timelines):
    async with open_pool(dsn, size=4) as pool:
        database = Watched(pool)
        database.read = []
        people = People(database, Registered(), Caches(seconds=0))
        posts = Posts(database, people, Caches(seconds=0))
        feed = Feed(people, posts, timelines)
        reader, *others = [person() for _ in range(8)]
        for each in others:
            await people.follow(reader, each.id)
            await posts.create(each, NewPost(content="x", visibility=Visibility.FOLLOWERS))
        await feed.read(reader)
        database.read = []
        assert len((await feed.read(reader)).items) == len(others)
    assert sorted(database.read) == ["a read", "people.relations", "people.relations"]


async def test_offset_and_limit_count_what_is_shown(people, feed, posts, say, ada, bob):
    await following(people, ada, bob)
    said = newest(*[await say(bob) for _ in range(3 * MOST)])
    gone = said.pop(2)
    await posts.delete(bob, gone.id)
    for offset in (0, 1, 2, MOST, 2 * MOST, 100):
        page = await feed.read(ada, limit=5, offset=offset)
        assert page.items == said[offset : offset + 5]
        assert (page.next_cursor is None) == (offset + 5 >= len(said))
    page = await feed.read(ada, limit=5, offset=3)
    assert (await feed.read(ada, limit=5, cursor=page.next_cursor)).items == said[8:13]


async def test_the_oldest_come_first_where_that_is_wanted(people, pages, say, ada, bob):
    await following(people, ada, bob)
    said = [await say(each) for each in (ada, bob) * MOST]
    assert await pages(ada, 7, sort=Sort.ASC) == newest(*said)[::-1]


async def test_tags_are_all_there_and_a_word_is_in_title_or_content(people, pages, say, ada, bob):
    await following(people, ada, bob)
    both = await say(bob, "Ada wrote 100% of it_", tags=["a", "b", "c"])
    one = await say(ada, "nothing", title="\u00c4rger", tags=["b"])
    assert await pages(ada, tags=["b"]) == newest(both, one)
    assert await pages(ada, tags=["b", "a"]) == [both]
    assert await pages(ada, tags=["a", "B"]) == []
    assert await pages(ada, tags=[]) == newest(both, one)
    assert await pages(ada, search="WROTE") == [both]
    assert await pages(ada, search="\u00e4rg") == [one]
    assert await pages(ada, search="%") == [both]
    assert await pages(ada, search="0_") == []
    assert await pages(ada, search="nothing", tags=["a"]) == []


async def test_since_and_until_take_in_both_ends(people, pages, say, ada, bob):
    await following(people, ada, bob)
    said = []
    for _ in range(5):
        said.append(await say(bob))
        await asyncio.sleep(0.002)
    times = [each.created_at for each in said]
    assert await pages(ada, since=times[1]) == newest(*said[1:])
    assert await pages(ada, until=times[3]) == newest(*said[:4])
    assert await pages(ada, since=times[1], until=times[3]) == newest(*said[1:4])
    assert await pages(ada, 1, since=times[1], until=times[3], sort=Sort.ASC) == said[1:4]
    assert await pages(ada, since=times[3], until=times[1]) == []


async def test_a_cursor_goes_with_the_list_it_is_of(people, feed, say, ada, bob):
    await following(people, ada, bob)
    for _ in range(3):
        await say(bob, tags=["a"])
    plain = (await feed.read(ada, limit=1)).next_cursor
    tagged = (await feed.read(ada, limit=1, tags=["a"])).next_cursor
    for wrong in ({"cursor": plain, "tags": ["a"]}, {"cursor": tagged}, {"cursor": "abc"}):
        with pytest.raises(Invalid) as refused:
            await feed.read(ada, **wrong)
        assert [each.pointer for each in refused.value.errors] == ["/cursor"]
    with pytest.raises(Invalid) as refused:
        await feed.read(ada, cursor=plain, offset=1)
    assert [each.pointer for each in refused.value.errors] == ["/offset"]
    assert len((await feed.read(ada, cursor=tagged, tags=["a"])).items) == 2
