"""A world comes whole, once, and with counts that are right."""

import asyncio
from datetime import UTC, datetime

import pytest

from plaza.accounts import seeding as accounts
from plaza.demo.seeding import batches, find, sow
from plaza.demo.world import Recipe, World
from plaza.platform.ids import UserId, uuid7
from plaza.platform.starting import CannotStart

pytestmark = pytest.mark.anyio

UNTIL = datetime(2026, 1, 31, 12, tzinfo=UTC)
MISCOUNTED = """
select count(*)
  from people.profile
 where follower_count <> (select count(*) from people.follow where followed_id = profile.id)
    or following_count <> (select count(*) from people.follow where follower_id = profile.id)
"""
MISCOMMENTED = """
select count(*)
  from posts.post
 where comment_count <> (select count(*) from posts.comment
                          where post_id = post.id and deleted_at is null)
"""
STRANGERS = """
select count(*)
  from (select author_id from posts.post union select author_id from posts.comment) as author
 where not exists (select from people.profile where profile.id = author_id and state = 'active')
    or not exists (select from accounts.account where account.id = author_id and state = 'active')
"""
ROWS = "select count(*) from {}"
NAME = "select username from {} where id = '{}'"


def recipe(seed):
    return Recipe(seed=seed, users=12, posts_per_user=4, until=UNTIL)


async def nobody_watches(database, seed):
    return await sow(database, recipe(seed), "a hash", lambda _: None)


async def ask(database, sql):
    async with database.reading() as connection:
        return await connection.fetchval(sql)


async def rows(database):
    tables = "accounts.account", "people.profile", "people.follow", "posts.post", "posts.comment"
    return [await ask(database, ROWS.format(each)) for each in tables]


async def test_every_count_is_right(database):
    seen = []
    seeded = await sow(database, recipe(1), "a hash", seen.append)
    assert await rows(database) == [12, 12, seeded.follows, 48, seeded.comments]
    assert sum(seen) == 12 + 48
    for wrong in (MISCOUNTED, MISCOMMENTED, STRANGERS):
        assert await ask(database, wrong) == 0
    assert await ask(database, "select sum(follower_count) from people.profile") == seeded.follows


async def test_it_is_known_again_and_not_made_twice(database):
    before = await nobody_watches(database, 2)
    there = await rows(database)
    assert await nobody_watches(database, 2) == before
    assert await find(database, 2, 12, 4) == before
    assert await find(database, 2, 12, 5) is None
    assert await rows(database) == there


async def test_two_at_once_make_one(database):
    there = (await rows(database))[0]
    one, other = await asyncio.gather(*(nobody_watches(database, 3) for _ in "12"))
    assert one == other
    assert (await rows(database))[0] == there + 12


@pytest.mark.parametrize("after", [1, 2])
async def test_what_breaks_off_leaves_nothing_and_can_be_done_again(database, after):
    """After the people, and after the first posts."""
    there, heard = await rows(database), []

    def die(done):
        heard.append(done)
        if len(heard) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await sow(database, recipe(10 + after), "a hash", die)
    assert await rows(database) == there
    assert await find(database, 10 + after, 12, 4) is None
    await nobody_watches(database, 10 + after)
    assert (await rows(database))[0] == there[0] + 12


async def test_names_that_are_taken_are_told_apart_everywhere(database):
    """The profile has the name of the account."""
    wanted = World(recipe(4)).people[0]
    async with database.reading() as connection:
        ada = accounts.MadeUpAccount(UserId(uuid7()), wanted.username, UNTIL)
        await accounts.write(connection, [ada], "a hash")
    await nobody_watches(database, 4)
    for table in ("accounts.account", "people.profile"):
        told = NAME.format(table, wanted.id)
        assert await ask(database, told) == f"{wanted.username}2"


async def test_a_name_that_is_taken_at_the_last_moment_is_a_sentence(database, monkeypatch):
    await nobody_watches(database, 5)
    there = await rows(database)

    async def blind(_, wanted):
        return wanted

    monkeypatch.setattr(accounts, "_free", blind)
    monkeypatch.setattr("plaza.demo.seeding.World", lambda _: World(recipe(5)))
    with pytest.raises(CannotStart, match="nothing was written"):
        await nobody_watches(database, 6)
    assert await rows(database) == there


async def test_it_is_audited_and_not_announced(database):
    events = await ask(database, "select count(*) from platform.outbox")
    seeded = await nobody_watches(database, 7)
    assert await ask(database, "select count(*) from platform.outbox") == events
    told = "select detail ->> 'guide' from platform.audit where act = 'demo.seed' and {}"
    assert await ask(database, told.format("(detail ->> 'seed')::int = 7")) == seeded.guide


def test_batches_lose_nothing():
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []
