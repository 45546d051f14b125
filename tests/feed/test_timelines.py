"""A timeline has no hole, whatever comes when; told without people or posts."""

import asyncio
from random import Random

import pytest

from plaza.feed.timelines import SECONDS, Piece, Place, Timelines
from plaza.platform.ids import PostId, UserId, uuid7
from tests.feed.conftest import MOST

pytestmark = pytest.mark.anyio

SCHEDULES = 300


def ids(count):
    """Newest first."""
    return sorted((PostId(uuid7()) for _ in range(count)), reverse=True)


@pytest.fixture
def ada():
    return UserId(uuid7())


async def told(timelines, reader, past=None, count=100):
    place = Place(reader, past, count)
    return (await timelines.slices([place])).get(place)


async def build(timelines, reader, posts):
    """As one that read these posts, newest first, and looked for MOST."""
    tokens = await timelines.begin([reader])
    piece = Piece(posts[:MOST], ended=len(posts) < MOST)
    await timelines.finish(reader, tokens[reader], piece)


async def test_a_push_makes_no_timeline(timelines, ada):
    await timelines.push({ada: ids(1)})
    assert await told(timelines, ada) is None


async def test_a_timeline_can_be_empty_and_is_not_built_again(timelines, ada):
    await build(timelines, ada, [])
    assert await told(timelines, ada) == Piece([], ended=True)
    assert await timelines.begin([ada]) == {}


async def test_late_early_or_twice_an_id_is_where_it_belongs_once(timelines, ada):
    chance = Random(1)
    posts = ids(MOST - 1)
    await build(timelines, ada, [])
    for _ in range(3):
        chance.shuffle(pushed := list(posts))
        while pushed:
            batch = {pushed.pop() for _ in range(min(len(pushed), chance.randint(1, 4)))}
            await timelines.push({ada: batch})
    assert await told(timelines, ada) == Piece(posts, ended=True)


async def test_it_holds_the_newest_and_does_not_say_that_it_ended(timelines, ada):
    posts = ids(MOST + 5)
    await build(timelines, ada, [])
    for each in reversed(posts):
        await timelines.push({ada: [each]})
    assert await told(timelines, ada) == Piece(posts[:MOST], ended=False)


async def test_what_is_older_than_a_full_timeline_is_not_put_at_its_end(timelines, ada):
    """Between the two there may be others: it would hide a hole."""
    *posts, old = ids(MOST + 1)
    await build(timelines, ada, posts)
    await timelines.push({ada: [old]})
    assert await told(timelines, ada) == Piece(posts, ended=False)


async def test_a_slice_goes_on_from_any_place(timelines, ada):
    posts = ids(6)
    missing = posts.pop(2)
    await build(timelines, ada, posts)
    assert await told(timelines, ada, count=2) == Piece(posts[:2], ended=False)
    assert await told(timelines, ada, posts[1], 2) == Piece(posts[2:4], ended=False)
    assert await told(timelines, ada, missing, 3) == Piece(posts[2:], ended=True)
    assert await told(timelines, ada, posts[-1], 3) == Piece([], ended=True)


async def test_one_builds_while_the_others_hear_that_it_is_begun(timelines, ada):
    tokens = await asyncio.gather(*(timelines.begin([ada]) for _ in range(20)))
    assert sum(map(len, tokens)) == 1
    assert await told(timelines, ada) is None


async def test_what_is_pushed_while_it_is_built_is_in_it(timelines, ada):
    newer, *posts, between = ids(4)
    posts.append(between)
    tokens = await timelines.begin([ada])
    await timelines.push({ada: [newer, between]})
    await timelines.finish(ada, tokens[ada], Piece([posts[0], posts[1]], ended=True))
    assert await told(timelines, ada) == Piece([newer, *posts], ended=True)


async def test_who_lost_the_token_keeps_nothing(timelines, ada):
    posts = ids(3)
    tokens = await timelines.begin([ada])
    await timelines.forget([ada])
    await timelines.finish(ada, tokens[ada], Piece(posts, ended=True))
    assert await told(timelines, ada) is None
    others = await timelines.begin([ada])
    await timelines.finish(ada, tokens[ada], Piece(posts, ended=True))
    assert await told(timelines, ada) is None
    await timelines.finish(ada, others[ada], Piece(posts[:1], ended=True))
    assert await told(timelines, ada) == Piece(posts[:1], ended=True)


async def test_it_lives_for_30_days_after_it_was_last_read(timelines, valkey, ada):
    async def left():
        (seconds,) = await valkey.ask([("TTL", f"feed:{ada.hex}")])
        return seconds

    await build(timelines, ada, ids(1))
    assert SECONDS - 10 < await left() <= SECONDS
    await valkey.ask([("EXPIRE", f"feed:{ada.hex}", 100)])
    await timelines.push({ada: ids(1)})
    assert await left() <= 100
    await told(timelines, ada)
    assert await left() > SECONDS - 10


class Writer:
    """Commits posts, tells of them later and in any order, and evicts; all by chance."""

    def __init__(self, timelines: Timelines, reader: UserId, chance: Random) -> None:
        self.timelines, self.reader, self.chance = timelines, reader, chance
        self.committed: list[PostId] = []
        self.untold: list[PostId] = []
        self.made = ids(30)
        chance.shuffle(self.made)

    async def step(self):
        doing = self.chance.random()
        if doing < 0.45 and self.made:
            self.committed.append(post := self.made.pop())
            self.untold.append(post)
        elif doing < 0.9 and self.untold:
            await self.tell(self.chance.sample(self.untold, min(2, len(self.untold))))
        elif doing > 0.97:
            await self.timelines.forget([self.reader])

    async def tell(self, posts):
        await self.timelines.push({self.reader: posts})
        self.untold = [each for each in self.untold if each not in posts]

    async def steps(self):
        for _ in range(self.chance.randint(0, 6)):
            await self.step()

    def newest(self):
        return sorted(self.committed, reverse=True)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_between_its_steps_a_building_loses_nothing(timelines, seed):
    """Not what is committed, told or evicted between its beginning, its reading and its end."""
    chance = Random(seed)
    kept = 0
    for _ in range(SCHEDULES // 3):
        reader = UserId(uuid7())
        writer = Writer(timelines, reader, chance)
        for _ in range(3):
            await writer.steps()
            tokens = await timelines.begin([reader])
            await writer.steps()
            newest = writer.newest()
            await writer.steps()
            if reader in tokens:
                piece = Piece(newest[:MOST], ended=len(newest) < MOST)
                await timelines.finish(reader, tokens[reader], piece)
            await writer.steps()
        await writer.tell(list(writer.untold))
        found = await told(timelines, reader)
        if found is not None:
            kept += 1
            newest = writer.newest()
            assert list(found.ids) == newest[: len(found.ids)]
            assert len(found.ids) == min(MOST, len(newest)) or found.ended
            assert not found.ended or len(found.ids) == len(newest)
    assert kept > SCHEDULES // 6


async def garbage(valkey, reader, *commands):
    key = f"feed:{reader.hex}"
    await valkey.ask([("UNLINK", key), *((name, key, *rest) for name, *rest in commands)])


NONE_OF_OURS = {
    "another kind": [("SET", "x")],
    "no ids": [("RPUSH", b"x")],
    "no ids between": [("RPUSH", ids(1)[0].bytes, b"x", ids(1)[0].bytes)],
}


@pytest.mark.parametrize("commands", NONE_OF_OURS.values(), ids=NONE_OF_OURS)
async def test_what_is_none_of_ours_is_built_anew(valkey, timelines, ada, commands):
    await garbage(valkey, ada, *commands)
    assert await told(timelines, ada) is None
    posts = ids(2)
    await build(timelines, ada, posts)
    assert await told(timelines, ada) == Piece(posts, ended=True)


@pytest.mark.parametrize("commands", NONE_OF_OURS.values(), ids=NONE_OF_OURS)
async def test_what_is_none_of_ours_keeps_no_push_waiting(valkey, timelines, ada, commands):
    """One that fails is tried until it can be made, and all others wait behind it."""
    await garbage(valkey, ada, *commands)
    await timelines.push({ada: ids(1)})
    assert await told(timelines, ada) is None
