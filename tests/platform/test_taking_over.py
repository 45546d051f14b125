"""Who leads next goes on where the last one stopped, whatever happened to him or to the stream."""

import asyncio
from uuid import uuid4

import pytest

from plaza.platform.caches.herald import Herald
from plaza.platform.consumers import Consumers, Turn
from plaza.platform.leases import LeaseLost, Leases, Tenure
from plaza.platform.publishing import Refused
from plaza.platform.reactions import Reaction, Reactions
from plaza.platform.relay import LEASE, Relay
from tests.platform.said import WHILE, Ear, Said, holding, in_the_stream, say, until

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("listening")]


async def test_a_leader_that_slept_publishes_nothing_after_another_led(
    database, broker, stream, relay
):
    await say(database, 1)
    await relay.relay()
    await say(database, 2)
    other = Relay(database, broker, stream, holding(LEASE, 2), Herald(broker, [Said]))
    await other.relay()
    async with database.reading() as connection:
        await connection.execute("update platform.outbox set published_at = null")
    with pytest.raises(Refused):
        await relay.relay()
    leading = asyncio.create_task(relay.lead())
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(leading, WHILE)
    assert await in_the_stream(stream, broker) == [1, 2]


async def test_a_new_leader_begins_though_nothing_was_announced(database, broker, stream, relay):
    """So that who slept is refused even if it wakes before there is anything to say."""
    await relay.relay()
    await Relay(database, broker, stream, holding(LEASE, 2), Herald(broker, [Said])).relay()
    await say(database, 1)
    with pytest.raises(Refused):
        await relay.relay()
    assert await in_the_stream(stream, broker) == []


async def test_what_a_dead_leader_published_but_did_not_mark_is_found_in_the_stream(
    database, broker, stream, relay
):
    """However long ago it was: the broker forgets the ids it knows after two minutes."""
    await say(database, *range(700))
    while await relay.relay():
        pass
    async with database.reading() as connection:
        await connection.execute("update platform.outbox set published_at = null")
    other = Relay(database, broker, stream, holding(LEASE, 2), Herald(broker, [Said]))
    await say(database, 700)
    assert await other.relay() == 1
    assert await in_the_stream(stream, broker) == list(range(701))


async def test_who_else_writes_to_the_stream_does_not_stop_the_leader(
    database, broker, stream, relay, ear
):
    await say(database, 1)
    await relay.relay()
    await broker.ask(stream.subject("strange"), b"?", {}, seconds=5)
    await say(database, 2)
    leading = asyncio.create_task(relay.lead())
    await until(lambda: len(ear.taken) == 2)
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)
    assert ear.heard() == [1, 2]


async def test_who_takes_over_a_reaction_gets_what_its_predecessor_had_in_hand(
    database, broker, stream, relay
):
    """In order, and at once: nobody waits until the broker gives the predecessor up."""
    name = "tests.handed_over"
    frozen, taken = asyncio.Event(), []

    async def freeze(_):
        frozen.set()
        await asyncio.Event().wait()

    async def take(events):
        taken.extend(each.number for each in events)

    def run(react, epoch):
        reaction = Reaction(name=name, events=(Said,), react=react)
        held = holding(name, epoch)
        return asyncio.create_task(Reactions(reaction, database, broker, stream, held).run())

    ada = run(freeze, 1)
    await say(database, *range(300), who=uuid4())
    await relay.relay()
    await asyncio.wait_for(frozen.wait(), WHILE)
    bob = run(take, 2)
    await until(lambda: len(taken) == 300)
    assert taken == list(range(300))
    again = run(take, 1)
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(again, WHILE)
    for each in (ada, bob):
        each.cancel()
    await asyncio.gather(ada, bob, return_exceptions=True)


async def test_a_consumer_that_is_gone_is_made_again_and_tells_everything_again(
    database, broker, stream, relay, ear
):
    await say(database, 1, 2)
    await relay.relay()
    await until(lambda: len(ear.taken) == 2)
    told = await stream.ask(broker, f"CONSUMER.NAMES.{stream.name}", {})
    for name in told.consumers:
        await stream.ask(broker, f"CONSUMER.DELETE.{stream.name}.{name}", {})
    await say(database, 3)
    await relay.relay()
    await until(lambda: 3 in ear.heard())
    assert ear.heard() == [1, 2, 1, 2, 3]


async def test_a_stream_that_is_gone_is_made_again_of_all_that_is_kept(
    database, broker, stream, relay, ear
):
    who = uuid4()
    await say(database, 1, 2, who=who)
    await relay.relay()
    await until(lambda: len(ear.taken) == 2)
    await broker.ask(f"$JS.API.STREAM.DELETE.{stream.name}", b"", {}, seconds=5)
    await say(database, 3, who=who)
    leading = asyncio.create_task(relay.lead())
    await until(lambda: 3 in ear.heard())
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)
    assert ear.heard() == [1, 2, 1, 2, 3]
    assert await in_the_stream(stream, broker) == [1, 2, 3]


async def test_a_stream_is_rebuilt_when_somebody_asks(database, stream, relay, ear):
    await say(database, 1)
    await relay.relay()
    await until(lambda: len(ear.taken) == 1)
    async with database.reading() as connection:
        await connection.execute("insert into platform.rebuild (stream) values ($1)", stream.name)
    await say(database, 2)
    leading = asyncio.create_task(relay.lead())
    await until(lambda: ear.heard()[-2:] == [1, 2])
    async with database.reading() as connection, asyncio.timeout(WHILE):
        asked = "select count(*) from platform.rebuild"
        while await connection.fetchval(asked):  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0.01)
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)


@pytest.mark.usefixtures("relay")
async def test_a_new_database_leads_at_once_though_the_broker_remembers_a_later_epoch(
    database, dsn, broker, stream
):
    name, late, ear = "tests.outlived", 1_000, Ear()

    def reactions(tenure):
        reaction = Reaction(name=name, events=(Said,), react=ear.react)
        return Reactions(reaction, database, broker, stream, tenure)

    await Relay(database, broker, stream, holding(LEASE, late), Herald(broker, [Said])).relay()
    await Consumers(broker, stream, name).succeed(Turn(late, 1), [stream.subject(Said.topic)])
    tenure = Tenure()
    leading = Relay(database, broker, stream, tenure, Herald(broker, [Said]))
    works = {LEASE: leading.lead, name: reactions(tenure).run}
    leases = asyncio.create_task(Leases(dsn, works, tenure).run())
    await say(database, 1)
    await until(lambda: ear.heard() == [1])
    assert (tenure.epoch(LEASE), tenure.epoch(name)) == (late + 1, late + 1)
    leases.cancel()
    await asyncio.gather(leases, return_exceptions=True)
