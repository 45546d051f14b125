"""One decision, one transaction: all of it or nothing, once per key, and honest when it breaks."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from plaza.platform import idempotency
from plaza.platform.audit import act_of
from plaza.platform.caller import Anonymous, Origin, System
from plaza.platform.database import Database
from plaza.platform.ids import uuid7
from plaza.platform.pool import Lost, open_pool
from plaza.platform.problems import KeyInFlight, KeyReused, Unavailable
from tests.platform.lines import Answer, LineWritten, Mood, NameTaken, claim_of, left, queries

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)


def writes(author, line, words="hi", runs=None):
    """A decision that writes one line, announces and audits it."""

    async def decide(tx):
        if runs is not None:
            runs.append(line)
        await queries(tx.connection).insert(line, author, words, Mood.GLAD)
        tx.announce(LineWritten(line_id=line, occurred_at=NOW))
        tx.audit(act_of(Anonymous(), "lines.written", NOW, subject=line, words=words))
        return Answer(line, words)

    return decide


async def test_rows_events_and_acts_commit_together(lines, ada):
    line = uuid7()
    answer = await lines.decide("lines.write", writes(ada, line))
    assert answer == Answer(line, "hi")
    assert await left(lines, line) == (1, 1, 1)


async def test_a_refusal_leaves_nothing(lines, ada):
    line = uuid7()

    async def refuse(tx):
        await writes(ada, line)(tx)
        raise NameTaken

    with pytest.raises(NameTaken):
        await lines.decide("lines.write", refuse)
    assert await left(lines, line) == (0, 0, 0)


async def test_what_is_left_behind_reads_as_it_was_said(lines, ada):
    line = uuid7()
    caller = System(name="tests", acting_for=ada, origin=Origin(request_id="r1"))
    event = LineWritten(line_id=line, occurred_at=NOW)
    async with lines.transaction("lines.write") as tx:
        tx.announce(event)
        tx.audit(act_of(caller, "lines.written", NOW, subject=line, reason="none"))
    async with lines.reading() as connection:
        announced = await connection.fetchrow("select * from platform.outbox where key = $1", line)
        audited = await connection.fetchrow("select * from platform.audit where subject = $1", line)
    assert (announced["id"], announced["topic"]) == (event.event_id, "lines.written")
    assert b'"occurred_at":"2026-01-02T03:04:05.000006Z"' in announced["payload"]
    assert announced["published_at"] is None
    assert audited["actor"] == f"system:tests for {ada}"
    assert (audited["act"], audited["at"], audited["detail"], audited["request_id"]) == (
        "lines.written",
        NOW,
        {"reason": "none"},
        "r1",
    )


async def test_events_stand_in_the_order_they_were_announced(lines):
    key = uuid7()
    events = [LineWritten(line_id=key, occurred_at=NOW) for _ in range(20)]
    async with lines.transaction("lines.write") as tx:
        tx.announce(*events[:10])
        tx.announce(*events[10:])
    async with lines.reading() as connection:
        rows = await connection.fetch(
            "select id from platform.outbox where key = $1 order by seq", key
        )
    assert [row["id"] for row in rows] == [event.event_id for event in events]


async def test_what_is_outdated_is_told_before_anyone_else_knows(lines, monkeypatch):
    heard = []
    monkeypatch.setattr(lines, "outdating", heard.append)
    monkeypatch.setattr(lines, "announced", lambda: heard.append("announced"))
    line = LineWritten(line_id=uuid7(), occurred_at=NOW)

    async def nothing_new(_):
        pass

    async def refused(tx):
        tx.announce(line)
        raise NameTaken

    await lines.decide("lines.write", nothing_new)
    assert heard == []
    async with lines.transaction("lines.write") as tx:
        tx.announce(line)
    assert heard == [[line], "announced"]
    with pytest.raises(NameTaken):
        await lines.decide("lines.write", refused)
    assert heard[2:] == [[line]], "it may have happened all the same"


async def test_a_key_sent_again_gets_the_first_answer_and_nothing_runs(lines, elsewhere, ada):
    runs = []
    first = claim_of(ada)
    given = await lines.decide(
        "lines.write", writes(ada, uuid7(), runs=runs), claim=first, answer=Answer
    )
    for database in (lines, elsewhere):
        again = claim_of(ada)
        replayed = await database.decide(
            "lines.write", writes(ada, uuid7(), runs=runs), claim=again, answer=Answer
        )
        assert (replayed, again.replayed) == (given, True)
    assert (len(runs), first.replayed) == (1, False)


async def test_a_key_of_another_request_is_refused(lines, ada, bob):
    await lines.decide("lines.write", writes(ada, uuid7()), claim=claim_of(ada), answer=Answer)
    with pytest.raises(KeyReused):
        await lines.decide(
            "lines.write", writes(ada, uuid7()), claim=claim_of(ada, body=b"other"), answer=Answer
        )
    line = uuid7()
    theirs = claim_of(bob, body=b"other")
    assert (
        await lines.decide("lines.write", writes(bob, line), claim=theirs, answer=Answer)
    ).id == line


async def test_a_refusal_is_not_kept(lines, ada):
    async def refuse(_):
        raise NameTaken

    with pytest.raises(NameTaken):
        await lines.decide("lines.write", refuse, claim=claim_of(ada), answer=Answer)
    assert await lines.recall(claim_of(ada)) is None
    line = uuid7()
    claim = claim_of(ada)
    await lines.decide("lines.write", writes(ada, line), claim=claim, answer=Answer)
    assert (claim.replayed, await left(lines, line)) == (False, (1, 1, 1))


async def test_recall_tells_the_kept_answer_and_refuses_another_request(lines, ada):
    line = uuid7()
    await lines.decide("lines.write", writes(ada, line), claim=claim_of(ada), answer=Answer)
    claim = claim_of(ada)
    assert await lines.recall(claim) == b'{"id":"%b","words":"hi"}' % str(line).encode()
    assert claim.replayed
    with pytest.raises(KeyReused):
        await lines.recall(claim_of(ada, body=b"other"))


async def test_a_hundred_at_once_with_one_key_have_one_effect_and_one_answer(lines, dsn, ada):
    runs = []
    async with open_pool(dsn, size=4) as pool:
        there = Database(pool)
        claims = [claim_of(ada) for _ in range(100)]
        answers = await asyncio.gather(
            *(
                (lines if i % 2 else there).decide(
                    "lines.write", writes(ada, uuid7(), runs=runs), claim=claim, answer=Answer
                )
                for i, claim in enumerate(claims)
            )
        )
    assert len(set(answers)) == 1
    assert sum(not claim.replayed for claim in claims) == 1
    async with lines.reading() as connection:
        assert await queries(connection).count(ada) == 1


async def test_a_key_in_flight_is_waited_for_and_then_refused(lines, elsewhere, ada):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx):
        begun.set()
        await go_on.wait()
        return await writes(ada, uuid7())(tx)

    first = asyncio.create_task(
        lines.decide("lines.write", slow, claim=claim_of(ada), answer=Answer)
    )
    await begun.wait()
    with pytest.raises(KeyInFlight):
        await elsewhere.decide(
            "lines.write", writes(ada, uuid7()), claim=claim_of(ada), answer=Answer
        )
    go_on.set()
    assert (
        await elsewhere.decide(
            "lines.write", writes(ada, uuid7()), claim=claim_of(ada), answer=Answer
        )
        == await first
    )


async def test_who_waits_for_a_first_that_gives_up_does_the_work_himself(lines, ada):
    begun = asyncio.Event()

    async def hang(_):
        begun.set()
        await asyncio.Event().wait()

    first = asyncio.create_task(
        lines.decide("lines.write", hang, claim=claim_of(ada), answer=Answer)
    )
    await begun.wait()
    line = uuid7()
    second = asyncio.create_task(
        lines.decide("lines.write", writes(ada, line), claim=claim_of(ada), answer=Answer)
    )
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await second).id == line


async def test_a_claim_without_the_type_of_its_answer_is_a_bug(lines, ada):
    with pytest.raises(TypeError):
        await lines.decide("lines.write", writes(ada, uuid7()), claim=claim_of(ada))


async def test_two_that_lock_crosswise_both_get_through(lines, ada):
    a, b = uuid7(), uuid7()
    async with lines.transaction("lines.prepare") as tx:
        await queries(tx.connection).insert(a, ada, "a", Mood.GLAD)
        await queries(tx.connection).insert(b, ada, "b", Mood.GLAD)
    both = asyncio.Barrier(2)
    tries = []

    async def cross(one, other, tx):
        await tx.connection.execute("set local deadlock_timeout = '20ms'")
        await tx.connection.execute("update lines.line set note = 'x' where id = $1", one)
        tries.append(one)
        if len(tries) <= 2:
            await both.wait()
        await tx.connection.execute("update lines.line set note = 'y' where id = $1", other)

    await asyncio.gather(
        lines.decide("lines.cross", lambda tx: cross(a, b, tx)),
        lines.decide("lines.cross", lambda tx: cross(b, a, tx)),
    )
    assert len(tries) == 3


async def test_a_migration_under_way_is_not_noticed(lines):
    async def everything(tx):
        return dict(await tx.connection.fetchrow("select * from lines.changing"))

    async with lines.reading() as connection:
        await connection.execute("create table lines.changing as select 1 as a")
    for _ in range(3):
        await lines.decide("lines.read", everything)
    async with lines.reading() as connection:
        await connection.execute("alter table lines.changing add b int")
    assert await lines.decide("lines.read", everything) == {"a": 1, "b": None}


async def test_a_backend_killed_under_a_decision_is_unavailable_and_leaves_nothing(lines, ada):
    line = uuid7()

    async def dies(tx):
        await writes(ada, line)(tx)
        async with lines.reading() as other:
            await other.execute("select pg_terminate_backend($1)", tx.connection.get_server_pid())
        await tx.connection.execute("select 1")

    with pytest.raises(Unavailable):
        await lines.decide("lines.write", dies)
    assert await left(lines, line) == (0, 0, 0)
    await lines.check()


async def test_a_commit_whose_answer_is_lost_is_known_again_by_its_key(wire, far, lines, ada):
    line, claim, runs = uuid7(), claim_of(ada), []
    wire.lose_the_reply_to(b"COMMIT")
    answer = await far.decide(
        "lines.write", writes(ada, line, runs=runs), claim=claim, answer=Answer
    )
    assert (answer.id, claim.replayed, len(runs)) == (line, False, 1)
    assert await left(lines, line) == (1, 1, 1)


async def test_a_commit_whose_answer_is_lost_is_not_tried_again_without_a_key(
    wire, far, lines, ada
):
    line, runs = uuid7(), []
    wire.lose_the_reply_to(b"COMMIT")
    with pytest.raises(Lost):
        await far.decide("lines.write", writes(ada, line, runs=runs))
    assert (len(runs), await left(lines, line)) == (1, (1, 1, 1))


async def test_a_cancelled_decision_leaves_nothing_and_frees_its_connection(lines, dsn, ada):
    line, begun = uuid7(), asyncio.Event()

    async def hang(tx):
        await writes(ada, line)(tx)
        begun.set()
        await tx.connection.execute("select pg_sleep(30)")

    async with open_pool(dsn, size=1) as pool:
        database = Database(pool)
        task = asyncio.create_task(database.decide("lines.write", hang))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await database.check()
    assert await left(lines, line) == (0, 0, 0)


async def test_what_another_process_kept_meanwhile_wins_and_ours_is_undone(lines, ada):
    claim, line, theirs = claim_of(ada), uuid7(), uuid7()
    kept = b'{"id":"%b","words":"theirs"}' % str(theirs).encode()

    async def overtaken(tx):
        async with lines.reading() as other:
            key = idempotency.identity(claim)
            await idempotency.queries(other).keep(*key, claim.request_hash, theirs, kept)
        return await writes(ada, line)(tx)

    answer = await lines.decide("lines.write", overtaken, claim=claim, answer=Answer)
    assert (answer, claim.replayed) == (Answer(theirs, "theirs"), True)
    assert await left(lines, line) == (0, 0, 0)


async def test_what_goes_wrong_by_chance_every_time_is_unavailable(lines):
    runs = []

    async def unlucky(_):
        runs.append(1)
        raise asyncpg.SerializationError

    with pytest.raises(Unavailable):
        await lines.decide("lines.write", unlucky)
    assert 1 < len(runs) < 10
