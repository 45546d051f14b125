"""What turns promise."""

import asyncio

import pytest

from plaza.platform.turns import Turns

pytestmark = pytest.mark.anyio


class Searching:
    """Everybody's searches, over when they are told to be; `begun` are those that were let in."""

    def __init__(self, turns):
        self.turns = turns
        self.begun = []
        self.enough = asyncio.Semaphore(0)

    async def search(self, who):
        async with self.turns.of(who):
            self.begun.append(who)
            await self.enough.acquire()

    def searches(self, *people):
        return [asyncio.create_task(self.search(who)) for who in people]


async def settled():
    """Whoever can go on has done so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_for_much_keeps_nobody_waiting_but_himself(ada, bob):
    searching = Searching(Turns(2))
    tasks = searching.searches(*[ada] * 5, bob)
    await settled()
    assert searching.begun == [ada, bob]
    for _ in tasks:
        searching.enough.release()
    await asyncio.gather(*tasks)
    assert searching.begun == [ada, bob, *[ada] * 4]


async def test_only_so_many_are_under_way(ada, bob):
    searching = Searching(Turns(1))
    tasks = searching.searches(ada, bob)
    await settled()
    assert searching.begun == [ada]
    for _ in tasks:
        searching.enough.release()
    await asyncio.gather(*tasks)
    assert searching.begun == [ada, bob]


async def test_who_gives_up_waiting_leaves_his_place_to_the_next(ada, bob):
    searching = Searching(Turns(1))
    first, second, third = searching.searches(ada, ada, bob)
    await settled()
    second.cancel()
    first.cancel()
    await settled()
    assert searching.begun == [ada, bob]
    searching.enough.release()
    await third


async def test_who_is_gone_is_forgotten(ada):
    turns = Turns(1)
    async with turns.of(ada):
        assert len(turns) == 1
    assert len(turns) == 0
