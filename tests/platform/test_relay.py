"""What was announced reaches every reaction: at least once, by key in order, over a real broker."""

import asyncio
import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from plaza.platform import reactions as reacting
from plaza.platform.broker import Broker
from plaza.platform.events import Event
from plaza.platform.leases import Leases
from plaza.platform.reactions import Reaction, Reactions
from plaza.platform.relay import Relay
from plaza.platform.stream import Stream, prepare

pytestmark = pytest.mark.anyio

WHILE = 20


class Said(Event, frozen=True, kw_only=True):
    topic = "tests.said"

    who: UUID
    number: int

    @property
    def key(self) -> UUID:
        return self.who


class Ear:
    """Remembers what it took; refuses what it is told to."""

    def __init__(self):
        self.taken, self.batches, self.refused = [], [], {}

    async def react(self, events):
        if any(self.refused.get(each.number, 0) for each in events):
            for each in events:
                if self.refused.get(each.number, 0) and len(events) == 1:
                    self.refused[each.number] -= 1
            raise RuntimeError("not now")
        self.batches.append(len(events))
        self.taken += events

    def heard(self):
        return [each.number for each in self.taken]


@pytest.fixture
async def broker(nats_url):
    async with Broker(nats_url) as broker:
        async with asyncio.timeout(WHILE):
            while True:
                try:
                    await broker.check()
                except ConnectionError:
                    await asyncio.sleep(0.01)
                else:
                    break
        yield broker


@pytest.fixture
async def stream(broker):
    """One of this test's own."""
    stream = Stream(name=f"t{secrets.token_hex(4)}")
    await prepare(stream, broker)
    return stream


@pytest.fixture
async def relay(database, broker, stream):
    async with database.reading() as connection:
        await connection.execute("update platform.outbox set published_at = now()")
    return Relay(database, broker, stream)


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture(autouse=True)
async def listening(database, broker, stream, ear):
    """The name of the reaction at the end of the stream."""
    reaction = Reaction(name=f"tests.{secrets.token_hex(4)}", events=(Said,), react=ear.react)
    task = asyncio.create_task(Reactions(reaction, database, broker, stream).run())
    yield reaction.name
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def say(database, *numbers, who=None, then=None):
    now = datetime.now(UTC)
    async with database.transaction("tests.say") as tx:
        tx.announce(*(Said(who=who or uuid4(), number=each, occurred_at=now) for each in numbers))
        if then is not None:
            raise then


async def until(promise):
    async with asyncio.timeout(WHILE):
        while not promise():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


async def test_what_is_announced_is_heard_once_and_in_order(database, relay, ear):
    await say(database, *range(1_200))
    assert [await relay.relay() for _ in range(4)] == [500, 500, 200, 0]
    await until(lambda: len(ear.taken) >= 1_200)
    assert ear.heard() == list(range(1_200))
    assert max(ear.batches) > 1


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


async def test_a_stream_that_is_gone_is_made_again(database, broker, stream, relay):
    await broker.ask(f"$JS.API.STREAM.DELETE.{stream.name}", b"", {}, seconds=5)
    leading = asyncio.create_task(relay.lead())
    await say(database, 8)
    async with database.reading() as connection, asyncio.timeout(WHILE):
        waiting = "select count(*) from platform.outbox where published_at is null"
        while await connection.fetchval(waiting):  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0.01)
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)


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


async def test_a_lease_is_held_by_one_and_passes_on_when_its_session_ends(dsn):
    held = []

    def work(who):
        async def hold():
            held.append(who)
            try:
                await asyncio.Event().wait()
            finally:
                held.remove(who)

        return {f"tests.{dsn[-6:]}": hold}

    ada, bob = (asyncio.create_task(Leases(dsn, work(who)).run()) for who in ("ada", "bob"))
    await until(lambda: held)
    (first,) = held
    holder = ada if first == "ada" else bob
    holder.cancel()
    await asyncio.gather(holder, return_exceptions=True)
    await until(lambda: held and held != [first])
    assert len(held) == 1
    for task in (ada, bob):
        task.cancel()
    await asyncio.gather(ada, bob, return_exceptions=True)


async def test_work_that_swallows_a_cancel_is_cancelled_again(dsn):
    begun, cancels = asyncio.Event(), 0

    async def deaf():
        nonlocal cancels
        begun.set()
        while cancels < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancels += 1

    holding = asyncio.create_task(Leases(dsn, {"tests.deaf": deaf}).run())
    await asyncio.wait_for(begun.wait(), WHILE)
    holding.cancel()
    async with asyncio.timeout(WHILE):
        await asyncio.gather(holding, return_exceptions=True)
    assert cancels == 2
