"""`plaza events` shows what was given up, has it tried again, and has a lost stream made anew."""

import asyncio
import secrets
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from plaza.cli import app
from plaza.commands import events as command
from plaza.platform.broker import Broker
from plaza.platform.caches.herald import Herald
from plaza.platform.database import Database
from plaza.platform.dead_letters import queries
from plaza.platform.ids import uuid7
from plaza.platform.leases import Leases, Tenure
from plaza.platform.outbox import encode
from plaza.platform.pool import open_pool
from plaza.platform.reactions import Reaction, Reactions
from plaza.platform.relay import LEASE, Relay
from plaza.platform.starting import CannotStart
from plaza.platform.stream import Stream, until_there
from plaza.settings import table
from tests.e2e.running import wait_for
from tests.platform.said import Ear, Said
from tests.servers import execute

NAME = "tests.heard"


@pytest.fixture(autouse=True)
def empty(dsn):
    asyncio.run(execute(dsn, "truncate platform.dead_letter, platform.outbox, platform.rebuild"))


@pytest.fixture
def typed(capsys, monkeypatch, tmp_path, dsn):
    """What `plaza events ...` says."""
    monkeypatch.chdir(tmp_path)
    for setting in table():
        for name in setting.names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", dsn)

    def run(*words):
        app(["events", *map(str, words)], result_action="return_value")
        return capsys.readouterr().out

    return run


def with_database(dsn, work):
    async def run():
        async with open_pool(dsn, size=2) as pool:
            return await work(Database(pool))

    return asyncio.run(run())


def bury(dsn, *numbers, reaction=NAME, error="RuntimeError: not now"):
    """Dead letters with these numbers; their ids."""
    said = [Said(who=uuid4(), number=each, occurred_at=datetime.now(UTC)) for each in numbers]

    async def work(database):
        async with database.reading() as connection:
            for each in said:
                kept = (each.event_id, each.topic, encode(each), error)
                await queries(connection).bury(reaction, *kept)

    with_database(dsn, work)
    return [each.event_id for each in said]


@contextmanager
def running(dsn, nats_url, ear, stream):
    """A worker with a relay and one reaction, in a thread as the command has a loop of its own."""
    ready, running = threading.Event(), []

    async def work():
        async with open_pool(dsn, size=4) as pool, Broker(nats_url) as broker:
            await broker.connected()
            database, tenure = Database(pool), Tenure()
            reaction = Reaction(name=NAME, events=(Said,), react=ear.react)
            works = {
                LEASE: Relay(database, broker, stream, tenure, Herald(broker, [Said])).lead,
                NAME: Reactions(reaction, database, broker, stream, tenure).run,
            }
            leases = asyncio.create_task(Leases(dsn, works, tenure).run())
            running.append((asyncio.get_running_loop(), leases))
            await asyncio.wait_for(until_there(stream, broker), 20)
            ready.set()
            await asyncio.gather(leases, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert ready.wait(20)
        yield
    finally:
        ((loop, leases),) = running
        loop.call_soon_threadsafe(leases.cancel)
        thread.join(20)


@pytest.fixture
def stream(monkeypatch):
    stream = Stream(name=f"t{secrets.token_hex(4)}")
    monkeypatch.setattr(command, "Stream", lambda: stream)
    return stream


def test_without_dead_letters_there_is_nothing_to_show_or_to_try(typed):
    assert typed("dead") == "no dead letters\n"
    with pytest.raises(CannotStart, match=r"No dead letters\."):
        typed("replay", "--all")


def test_they_are_listed_in_pages_the_latest_first(typed, dsn):
    ids = bury(dsn, 1, 2, 3)
    page = typed("dead", "--limit", 2)
    assert [each for each in reversed(ids) if str(each) in page] == [ids[2], ids[1]]
    assert "RuntimeError: not now" in page
    after = page.split("--after ")[1].split()[0]
    rest = typed("dead", "--limit", 2, "--after", after)
    assert str(ids[0]) in rest
    assert "more:" not in rest
    assert typed("dead", "--reaction", "tests.other") == "no dead letters\n"


def test_one_is_shown_whole(typed, dsn):
    (event_id,) = bury(dsn, 7, error="ValueError: the moon is full")
    bury(dsn, 8)
    shown = typed("dead", event_id)
    assert "ValueError: the moon is full" in shown
    assert '"number": 7' in shown
    assert '"number": 8' not in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dead", "moon"), "moon is no id of an event"),
        (("dead", UUID(int=0)), "No dead letter is called 0000"),
        (("dead", "--after", "moon"), "is no id of an event"),
        (("replay",), "Name one event, or say --all."),
        (("replay", UUID(int=0), "--all"), "Name one event, or say --all."),
        (("replay", UUID(int=0)), "No dead letter is called 0000"),
        (("replay", "--all", "--reaction", "tests.none"), r"No dead letters of tests\.none\."),
        (("rebuild",), "say --yes"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(typed, words, told):
    with pytest.raises(CannotStart, match=told):
        typed(*words)


def test_without_anybody_who_runs_it_a_replay_waits_for_somebody(typed, dsn, nats_url, stream):
    bury(dsn, 1)
    assert f"nobody runs {NAME} now" in typed("replay", "--all")
    assert "(tried again soon)" in typed("dead")
    ear = Ear()
    with running(dsn, nats_url, ear, stream):
        wait_for(lambda: typed("dead") == "no dead letters\n")
    assert ear.heard() == [1]


def test_what_is_tried_again_is_taken_or_dead_as_before(typed, dsn, nats_url, stream):
    ear, ids = Ear(), bury(dsn, 1, 2, 3)
    bury(dsn, 4, reaction="tests.other")
    ear.refused[2] = 10**9
    with running(dsn, nats_url, ear, stream):
        assert "1 taken, 0 failed again" in typed("replay", ids[0])
        with pytest.raises(CannotStart, match="says why"):
            typed("replay", "--all", "--reaction", NAME)
    assert ear.heard() == [1, 3]
    left = typed("dead")
    assert [each for each in ids if str(each) in left] == [ids[1]]
    assert "tests.other" in left


def test_a_stream_is_made_anew_of_all_that_is_kept(typed, dsn, nats_url, stream):
    async def say(database):
        now = datetime.now(UTC)
        async with database.transaction("tests.say") as tx:
            tx.announce(*(Said(who=uuid7(), number=n, occurred_at=now) for n in range(700)))

    with_database(dsn, say)
    ear = Ear()
    with running(dsn, nats_url, ear, stream):
        assert "700 events are in the stream again" in typed("rebuild", "--yes")
    assert set(ear.heard()) == set(range(700))


def test_without_a_relay_a_stream_is_made_anew_when_there_is_one(typed, stream):
    assert "nobody relays now" in typed("rebuild", "--yes")
    assert stream.name
