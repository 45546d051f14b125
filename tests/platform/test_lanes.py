"""A fan-out takes the room of its lane and no other: what is critical goes through meanwhile."""

import asyncio
import secrets

import pytest

from plaza.platform.lanes import Lanes
from plaza.platform.reactions import Lane, Reaction, Reactions
from tests.platform.said import WHILE, Said, holding, say, until

pytestmark = pytest.mark.anyio


class FanOut:
    """Each batch waits until it is let go."""

    def __init__(self):
        self.under_way, self.most, self.done, self.go = 0, 0, 0, asyncio.Event()

    async def react(self, events):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.go.wait()
            await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        self.done += len(events)


def reaction(react, lane, at_once=200):
    name = f"tests.{lane.value}_{secrets.token_hex(4)}"
    return Reaction(name=name, events=(Said,), react=react, lane=lane, at_once=at_once)


async def test_a_fan_out_delays_no_message(database, broker, stream, relay, ear):
    lanes, fan_out = Lanes(), FanOut()
    bulks = [reaction(fan_out.react, Lane.BULK) for _ in range(3)]
    message = reaction(ear.react, Lane.CRITICAL)
    running = [
        asyncio.create_task(
            Reactions(lanes.kept(each), database, broker, stream, holding(each.name)).run()
        )
        for each in (*bulks, message)
    ]
    await say(database, *range(1_000))
    while await relay.relay():
        pass
    await until(lambda: len(ear.taken) == 1_000 and fan_out.under_way)
    await say(database, 1_000)
    await relay.relay()
    await until(lambda: ear.heard()[-1] == 1_000)
    assert fan_out.done == 0
    fan_out.go.set()
    await until(lambda: fan_out.done == 3 * 1_001)
    assert fan_out.most == 1
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_lane_has_as_much_room_as_it_was_given():
    fan_out, lanes = FanOut(), Lanes({Lane.DEFAULT: 2})
    kept = [lanes.kept(reaction(fan_out.react, Lane.DEFAULT)) for _ in range(5)]
    tasks = [asyncio.create_task(each.react([None])) for each in kept]
    await until(lambda: fan_out.under_way == 2)
    fan_out.go.set()
    await asyncio.wait_for(asyncio.gather(*tasks), WHILE)
    assert (fan_out.most, fan_out.done) == (2, 5)


async def test_a_reaction_takes_no_more_at_once_than_it_wants(database, broker, stream, relay, ear):
    single = reaction(ear.react, Lane.CRITICAL, at_once=1)
    running = asyncio.create_task(
        Reactions(single, database, broker, stream, holding(single.name)).run()
    )
    await say(database, *range(50))
    await relay.relay()
    await until(lambda: len(ear.taken) == 50)
    assert ear.batches == [1] * 50
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
