"""What following promises, told without any protocol."""

import asyncio
from random import Random

import pytest

from plaza.accounts.model import AccountState
from plaza.people.model import ONESELF, STRANGER, Follow, Relation, Visibility, may_see
from plaza.people.problems import NotOneself, PersonNotFound
from plaza.people.service import People
from plaza.platform.caches import Caches
from plaza.platform.caller import Anonymous
from plaza.platform.database import Database
from plaza.platform.pool import open_pool
from plaza.platform.problems import Invalid, LoginRequired
from tests.people.conftest import person

pytestmark = pytest.mark.anyio


async def counts(people, who):
    profile = await people.get(who, str(who.id))
    return profile.follower_count, profile.following_count


async def test_a_stranger_follows_nobody_and_nobody_follows_themselves(people, accounts, ada):
    accounts.unknown.add(unknown := person().id)
    accounts.states[pending := person().id] = AccountState.PENDING
    for verb in (people.follow, people.unfollow):
        with pytest.raises(LoginRequired):
            await verb(Anonymous(), ada.id)
        with pytest.raises(NotOneself):
            await verb(ada, ada.id)
        for nobody in (unknown, pending):
            with pytest.raises(PersonNotFound):
                await verb(ada, nobody)
    for listing in (people.followers, people.following):
        with pytest.raises(PersonNotFound):
            await listing(ada, unknown)
        with pytest.raises(Invalid):
            await listing(ada, ada.id, 20, "abc")


async def test_to_follow_again_changes_nothing_and_is_announced_once(people, database, ada, bob):
    for _ in range(3):
        await people.follow(ada, bob.id)
    assert (await counts(people, ada), await counts(people, bob)) == ((0, 1), (1, 0))
    for _ in range(3):
        await people.unfollow(ada, bob.id)
    assert (await counts(people, ada), await counts(people, bob)) == ((0, 0), (0, 0))
    async with database.reading() as connection:
        rows = await connection.fetch(
            "select topic from platform.outbox where key = $1 order by seq", ada.id
        )
    assert [row["topic"] for row in rows] == ["people.followed", "people.unfollowed"]


async def test_counts_are_right_whoever_follows_whom_at_once(people, elsewhere, database):
    """Fifty at a time, in two processes, both ways: no count is off and nobody waits for ever."""
    chance = Random(7)
    friends = [person() for _ in range(6)]

    async def busy(service):
        for _ in range(8):
            one, other = chance.sample(friends, 2)
            verb = service.follow if chance.random() < 0.6 else service.unfollow
            await verb(one, other.id)

    async with asyncio.timeout(60):
        await asyncio.gather(*(busy(each) for each in (people, elsewhere) * 25))
    async with database.reading() as connection:
        rows = await connection.fetch(
            """select (select count(*) from people.follow where followed_id = profile.id),
                      (select count(*) from people.follow where follower_id = profile.id),
                      follower_count, following_count
                 from people.profile where id = any($1)""",
            [each.id for each in friends],
        )
    assert len(rows) == len(friends)
    assert [tuple(row)[:2] for row in rows] == [tuple(row)[2:] for row in rows]
    assert sum(row["follower_count"] for row in rows) > 0


async def test_fifty_who_follow_one_are_fifty(people, elsewhere, ada):
    fans = [person() for _ in range(50)]
    await asyncio.gather(
        *(service.follow(fan, ada.id) for fan in fans for service in (people, elsewhere))
    )
    assert (await counts(elsewhere, ada), await counts(people, ada)) == ((50, 0), (50, 0))


async def listed(listing, who, user_id, limit):
    seen, cursor = [], None
    for _ in range(10):
        page = await listing(who, user_id, limit, cursor)
        seen += [each.id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return seen
    raise AssertionError("the list does not end")


async def test_lists_go_on_where_they_ended_without_gaps(people, ada, bob):
    fans = [person() for _ in range(5)]
    for fan in fans:
        await people.follow(fan, ada.id)
        await people.follow(bob, fan.id)
    ids = sorted((fan.id for fan in fans), reverse=True)
    assert await listed(people.followers, bob, ada.id, 2) == ids
    assert await listed(people.following, ada, bob.id, 2) == ids
    assert await listed(people.following, ada, ada.id, 2) == []


async def test_relations_are_told_from_where_one_stands(people, elsewhere, ada, bob):
    carol = person()
    await people.follow(ada, bob.id)
    seen = await elsewhere.relations(ada, [ada.id, bob.id, carol.id])
    follows = Relation(oneself=False, follows=True, followed_by=False)
    assert seen == {ada.id: ONESELF, bob.id: follows, carol.id: STRANGER}
    followed = Relation(oneself=False, follows=False, followed_by=True)
    assert (await elsewhere.relations(bob, [ada.id]))[ada.id] == followed
    await people.unfollow(ada, bob.id)
    assert (await elsewhere.relations(ada, [bob.id]))[bob.id] == STRANGER


class Watched(Database):
    """Remembers what was read."""

    def reading(self, name="a read"):
        self.read = [*getattr(self, "read", ()), name]
        return super().reading(name)


async def test_what_is_asked_of_many_at_once_is_one_statement(dsn, accounts, ada):
    async with open_pool(dsn, size=2) as pool:
        database = Watched(pool)
        people = People(database, accounts, Caches(seconds=0))
        await people.relations(ada, [person().id for _ in range(100)])
    assert database.read == ["people.relations"]


@pytest.mark.parametrize(
    ("relation", "seen"),
    [
        (STRANGER, {Visibility.PUBLIC}),
        (Relation(oneself=False, follows=False, followed_by=True), {Visibility.PUBLIC}),
        (
            Relation(oneself=False, follows=True, followed_by=False),
            {Visibility.PUBLIC, Visibility.FOLLOWERS},
        ),
        (ONESELF, set(Visibility)),
    ],
)
def test_who_may_see_what(relation, seen):
    assert {each for each in Visibility if may_see(person(), relation, each)} == seen
    assert not any(may_see(Anonymous(), relation, each) for each in Visibility)


async def test_whom_many_follow_and_who_follows_them_in_pages(people, ada, bob):
    fans = [person() for _ in range(4)]
    for fan in fans:
        await people.follow(fan, ada.id)
    await people.follow(fans[0], bob.id)
    followed = await people.followed_by(ada, [ada.id, *(fan.id for fan in fans[:2])])
    assert {user_id: set(ids) for user_id, ids in followed.items()} == {
        fans[0].id: {ada.id, bob.id},
        fans[1].id: {ada.id},
    }
    seen, past = [], None
    for _ in range(3):
        seen += await people.follows_of(ada, [bob.id, ada.id], past, 2)
        past = seen[-1]
    assert seen == sorted({*(Follow(ada.id, fan.id) for fan in fans), Follow(bob.id, fans[0].id)})
