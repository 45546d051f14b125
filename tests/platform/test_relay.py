"""What was announced reaches every reaction: at least once, by key in order, over a real broker."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from plaza.platform import reactions as reacting
from plaza.platform.broker import Broker
from plaza.platform.consumers import backlogs
from plaza.platform.relay import Backlog, queries
from tests.platform.said import WHILE, Said, say, until

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("listening")]


async def test_what_is_announced_is_heard_once_and_in_order(database, relay, ear):
    await say(database, *range(1_200))
    assert [await relay.relay() for _ in range(4)] == [500, 500, 200, 0]
    await until(lambda: len(ear.taken) >= 1_200)
    assert ear.heard() == list(range(1_200))
    assert max(ear.batches) > 1


async def test_how_far_everybody_is_can_be_asked(database, broker, stream, relay, ear, listening):
    ear.refused[1] = 10**9
    announced = database.topics["tests.said"]
    await say(database, 1, 2, 3)
    assert database.topics["tests.said"] - announced == 3
    waiting = await backlog(database)
    assert waiting.waiting == 3
    assert 0 < waiting.late < WHILE
    await relay.relay()
    assert await backlog(database) == Backlog(waiting=0, late=0.0)
    assert (relay.batches, relay.relayed, relay.failures) == (1, 3, 0)
    await until(lambda: len(ear.taken) == 2)
    async with asyncio.timeout(WHILE):
        while await backlogs(broker, stream) != {listening: 1}:  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0.01)


async def backlog(database):
    async with database.reading() as connection:
        return await queries(connection).backlog()


async def test_an_undone_decision_is_never_heard(database, relay, ear):
    with pytest.raises(ValueError, match="1"):
        await say(database, 1, then=ValueError(1))
    await say(database, 2)
    await relay.relay()
    await until(lambda: ear.taken)
    assert ear.heard() == [2]


async def test_a_relay_that_died_before_it_marked_publishes_again_and_nobody_hears_twice(
    database, relay, ear
):
    async with database.reading() as connection:
        before = await connection.fetchval("select max(seq) from platform.outbox")
    await say(database, 1, 2, 3)
    await relay.relay()
    async with database.reading() as connection:
        await connection.execute(
            "update platform.outbox set published_at = null where seq > $1", before or 0
        )
    await say(database, 4)
    while await relay.relay():
        pass
    await until(lambda: 4 in ear.heard())
    assert ear.heard() == [1, 2, 3, 4]


async def test_a_leader_hears_a_poke_at_once(database, relay, ear, monkeypatch):
    monkeypatch.setattr("plaza.platform.relay.LOOK_SECONDS", 60)
    database.announced = relay.poke
    leading = asyncio.create_task(relay.lead())
    await asyncio.sleep(0.1)
    await say(database, 7)
    await until(lambda: ear.taken)
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)
    assert ear.heard() == [7]


async def test_one_bad_event_delays_its_own_key_only_and_later_ones_wait_for_it(
    database, relay, ear
):
    ada, bob = uuid4(), uuid4()
    ear.refused[1] = 3
    now = datetime.now(UTC)
    async with database.transaction("tests.say") as tx:
        tx.announce(
            *(
                Said(who=who, number=number, occurred_at=now)
                for who, number in ((ada, 1), (bob, 2), (ada, 3), (bob, 4), (ada, 5))
            )
        )
    await relay.relay()
    await until(lambda: len(ear.taken) == 5)
    assert [each.number for each in ear.taken if each.who == ada] == [1, 3, 5]
    assert [each.number for each in ear.taken if each.who == bob] == [2, 4]
    assert ear.heard().index(4) < ear.heard().index(1)


async def test_what_nobody_can_take_is_buried_and_the_rest_goes_on(
    database, relay, ear, listening, monkeypatch
):
    monkeypatch.setattr(reacting, "TRIES", 2)
    ada = uuid4()
    ear.refused[1] = 10**9
    await say(database, 1, 2, who=ada)
    await relay.relay()
    await until(lambda: ear.taken)
    assert ear.heard() == [2]
    async with database.reading() as connection:
        buried = await connection.fetch(
            "select topic, error from platform.dead_letter where reaction = $1", listening
        )
    assert [tuple(each) for each in buried] == [("tests.said", "RuntimeError: not now")]


async def test_what_comes_late_does_not_overtake_what_is_held(database, relay, ear):
    """While one waits for its next try, those behind it wait too, and so do newcomers."""
    ada = uuid4()
    ear.refused[1] = 3
    await say(database, 1, 2, who=ada)
    await relay.relay()
    for number in range(3, 30):
        await say(database, number, who=ada)
        await relay.relay()
    await until(lambda: len(ear.taken) == 29)
    assert ear.heard() == list(range(1, 30))


async def test_what_nobody_can_read_is_buried_at_once(database, broker, stream, relay, ear):
    broken = uuid4()
    headers = {"Nats-Msg-Id": broken.hex}
    await broker.ask(stream.subject("tests.said"), b"{", headers, seconds=5)
    await say(database, 1)
    await relay.relay()
    await until(lambda: ear.taken)
    async with database.reading() as connection:
        buried = await connection.fetchval(
            "select payload from platform.dead_letter where event_id = $1", broken
        )
    assert buried == b"{"


async def test_a_broker_that_nobody_waited_for_is_left_in_peace(nats_url):
    """What went wrong inside the block is what comes out of it."""
    with pytest.raises(ZeroDivisionError):
        async with Broker(nats_url):
            raise ZeroDivisionError
