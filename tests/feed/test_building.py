"""While a timeline is built, others say, follow and read; nothing is lost and nobody waits long."""

import asyncio

import pytest

from plaza.feed.service import Feed
from plaza.platform.caches import Caches
from plaza.platform.caller import System
from plaza.platform.problems import Unavailable
from plaza.posts.service import Posts
from tests.feed.test_service import following, newest

pytestmark = pytest.mark.anyio


class Meanwhile(Posts):
    """Between the reading for a timeline and its keeping, something happens."""

    def __init__(self, *given):
        super().__init__(*given)
        self.asked = 0
        self.before = self.after = None

    async def ids_of(self, caller, author_ids, wanted, past, count):
        if isinstance(caller, System):
            self.asked += 1
        before, self.before = self.before, None
        if before is not None:
            await before()
        found = await super().ids_of(caller, author_ids, wanted, past, count)
        after, self.after = self.after, None
        if after is not None:
            await after()
        return found


@pytest.fixture
def meanwhile(database, people):
    return Meanwhile(database, people, Caches(seconds=0))


@pytest.fixture
def watched(people, meanwhile, timelines):
    return Feed(people, meanwhile, timelines)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_is_said_while_a_timeline_is_built_is_not_lost(
    people, meanwhile, watched, say, outbox, ada, bob, when
):
    """Said and told after Postgres was read and before it is kept: the push finds the token."""
    await following(people, ada, bob)
    first = await say(bob)
    await outbox.deliver()
    second = []

    async def happen():
        second.append(await say(bob))
        await outbox.deliver()

    setattr(meanwhile, when, happen)
    await watched.read(ada)
    assert (await watched.read(ada)).items == newest(first, *second)
    assert meanwhile.asked == 1
    assert watched.sources == {"built": 1, "timeline": 1, "postgres": 0}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_whoever_is_followed_while_a_timeline_is_built_is_in_it(
    people, meanwhile, watched, say, outbox, ada, bob, when
):
    said = [await say(bob), await say(ada)]

    async def happen():
        await people.follow(ada, bob.id)
        await outbox.deliver()

    setattr(meanwhile, when, happen)
    await watched.read(ada)
    assert (await watched.read(ada)).items == newest(*said)


async def test_many_who_come_at_once_build_one_timeline(
    people, meanwhile, watched, timelines, say, ada, bob
):
    """In two processes; nobody waits for the other one longer than for his own page."""
    await following(people, ada, bob)
    said = await say(bob)
    other = Feed(people, meanwhile, timelines)
    all_pages = await asyncio.gather(
        *(each.read(ada) for _ in range(50) for each in (watched, other))
    )
    assert all(page.items == [said] for page in all_pages)
    assert meanwhile.asked == 1


async def test_one_whose_timeline_is_not_built_keeps_nobody_else_waiting(
    meanwhile, watched, say, ada, bob
):
    said = await say(bob)

    async def fail():
        raise Unavailable

    meanwhile.before = fail
    found = await asyncio.gather(watched.read(ada), watched.read(bob))
    assert [page.items for page in found] == [[], [said]]
