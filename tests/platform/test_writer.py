"""Many decisions in one statement: each gets its own outcome, and nobody pays for another's."""

import asyncio
from contextvars import ContextVar
from datetime import UTC, datetime

import asyncpg
import pytest

from plaza.platform import idempotency
from plaza.platform import writer as writers
from plaza.platform.audit import act_of
from plaza.platform.caller import Anonymous
from plaza.platform.database import Database
from plaza.platform.ids import uuid7
from plaza.platform.pool import Lost, open_pool
from plaza.platform.problems import KeyInFlight, KeyReused, Unavailable
from plaza.platform.writer import Decision, Writer
from tests.platform.lines import (
    Answer,
    LineRow,
    LineWritten,
    NameRow,
    NameTaken,
    claim_of,
    insert_many,
    left,
    queries,
    take_names,
)
from tests.platform.patience import until

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
TOO_LONG = "x" * 21


class Counted(Writer):
    """It remembers the sizes of the statements it sent."""

    def __init__(self, database, writing):
        super().__init__(database, writing)
        self.sent = []

    async def _send(self, batch):
        self.sent.append(len(batch))
        return await super()._send(batch)


@pytest.fixture
def writer(lines):
    return Counted(lines, insert_many)


@pytest.fixture
def namer(lines):
    return Writer(lines, take_names)


def line_by(author, words="hi", claim=None):
    line = uuid7()
    return Decision(
        answer=Answer(line, words),
        row=LineRow(line, author, words),
        events=[LineWritten(line_id=line, occurred_at=NOW)],
        acts=[act_of(Anonymous(), "lines.written", NOW, subject=line, words=words)],
        claim=claim,
    )


def name_of(name, **how):
    decision = NameRow(uuid7(), name)
    event = LineWritten(line_id=decision.id, occurred_at=NOW)
    return Decision(answer=Answer(decision.id, name), row=decision, events=[event], **how)


async def left_of(database, *decisions):
    return await left(database, *(each.row.id for each in decisions))


async def outcomes(*writes):
    return await asyncio.gather(*writes, return_exceptions=True)


async def test_everyone_gets_his_own_answer_from_few_statements(writer, lines, ada):
    decisions = [line_by(ada, f"{i}", claim_of(ada, f"{i}")) for i in range(300)]
    answers = await asyncio.gather(*map(writer.write, decisions))
    assert answers == [each.answer for each in decisions]
    assert await left_of(lines, *decisions) == (300, 300, 300)
    assert writer.sent == [128, 128, 44]


async def test_what_is_written_reads_as_it_was_said(writer, lines, ada):
    decision = line_by(ada, "hello")
    await writer.write(decision)
    line = decision.row.id
    async with lines.reading() as connection:
        row = await queries(connection).one(line)
        event = await connection.fetchrow("select * from platform.outbox where key = $1", line)
        act = await connection.fetchrow("select * from platform.audit where subject = $1", line)
    assert (row.words, row.mood.value) == ("hello", "glad")
    assert event["id"] == decision.events[0].event_id
    assert b'"occurred_at":"2026-01-02T03:04:05.000006Z"' in event["payload"]
    assert (act["id"], act["at"], act["actor"], act["detail"]) == (
        decision.acts[0].id,
        NOW,
        "anonymous",
        {"words": "hello"},
    )


async def test_events_stand_in_the_order_of_the_decisions(writer, lines, ada):
    decisions = [line_by(ada) for _ in range(50)]
    decisions.reverse()  # so that it is not the order of the ids
    await asyncio.gather(*map(writer.write, decisions))
    async with lines.reading() as connection:
        rows = await connection.fetch(
            "select key from platform.outbox where key = any($1) order by seq",
            [each.row.id for each in decisions],
        )
    assert [row["key"] for row in rows] == [each.row.id for each in decisions]


async def test_a_bad_row_is_refused_alone_and_with_the_right_error(writer, lines, ada):
    there = line_by(ada, "there")
    await writer.write(there)
    good = [line_by(ada, "good") for _ in range(60)]
    bad, double = line_by(ada, TOO_LONG), Decision(answer=None, row=there.row)
    zero, unreadable = line_by(ada, "\0"), line_by(ada, "\ud800")
    mixed = [*good[:20], bad, *good[20:40], double, zero, unreadable, *good[40:]]
    got = dict(zip(map(id, mixed), await outcomes(*map(writer.write, mixed)), strict=True))
    assert [got[id(each)] for each in good] == [each.answer for each in good]
    assert [type(got[id(each)]) for each in (bad, double, zero)] == [
        asyncpg.CheckViolationError,
        asyncpg.UniqueViolationError,
        asyncpg.UntranslatableCharacterError,
    ]
    assert "surrogates" in str(got[id(unreadable)])
    assert await left_of(lines, *good) == (60, 60, 60)
    assert await left_of(lines, bad, zero, unreadable) == (0, 0, 0)


async def test_what_cannot_be_encoded_hits_its_caller_alone(writer, ada):
    good, bad = line_by(ada), line_by(ada, claim=claim_of(ada))
    bad = Decision(answer=object(), row=bad.row, claim=bad.claim)
    first, second = await outcomes(writer.write(good), writer.write(bad))
    assert first == good.answer
    assert isinstance(second, TypeError)


async def test_what_is_there_already_is_refused_or_let_be(namer, lines):
    first = name_of("ada", otherwise=NameTaken())
    assert await namer.write(first) == first.answer
    taken, already = name_of("ada", otherwise=NameTaken()), name_of("ada")
    refused, let_be = await outcomes(namer.write(taken), namer.write(already))
    assert isinstance(refused, NameTaken)
    assert let_be == already.answer
    assert (await left_of(lines, first, taken, already))[1] == 1


async def test_of_two_in_one_batch_one_gets_the_name(namer, lines):
    both = [name_of("bob", otherwise=NameTaken()) for _ in range(2)]
    got = await outcomes(*map(namer.write, both))
    assert sorted(type(each) for each in got if each not in [d.answer for d in both]) == [NameTaken]
    assert (await left_of(lines, *both))[1] == 1


async def test_a_claim_and_a_refusal_exclude_each_other(namer, ada):
    with pytest.raises(TypeError):
        await namer.write(name_of("eve", otherwise=NameTaken(), claim=claim_of(ada)))


async def test_a_row_of_another_statement_is_a_bug(writer):
    with pytest.raises(TypeError):
        await writer.write(name_of("eve"))


async def test_a_key_sent_again_gets_the_first_answer(writer, lines, elsewhere, ada):
    first = line_by(ada, "first", claim_of(ada))
    await writer.write(first)
    for each in (writer, Writer(elsewhere, insert_many)):
        again = line_by(ada, "again", claim_of(ada))
        assert await each.write(again) == first.answer
        assert again.claim.replayed
        assert await left_of(lines, again) == (0, 0, 0)
    assert not first.claim.replayed
    with pytest.raises(KeyReused):
        await writer.write(line_by(ada, "other", claim_of(ada, body=b"other")))


async def test_equal_keys_at_once_have_one_effect_and_one_answer(writer, lines, ada):
    decisions = [line_by(ada, f"{i}", claim_of(ada)) for i in range(50)]
    other = line_by(ada, "other", claim_of(ada, body=b"other"))
    *answers, refused = await outcomes(*map(writer.write, [*decisions, other]))
    assert set(answers) == {decisions[0].answer}
    assert [each.claim.replayed for each in decisions] == [False, *[True] * 49]
    assert isinstance(refused, KeyReused)
    assert (await left_of(lines, *decisions), writer.sent) == ((1, 1, 1), [1])


async def test_who_waits_for_a_bad_first_is_tried_himself(writer, lines, ada):
    bad, good = line_by(ada, TOO_LONG, claim_of(ada)), line_by(ada, "good", claim_of(ada))
    refused, answer = await outcomes(writer.write(bad), writer.write(good))
    assert isinstance(refused, asyncpg.CheckViolationError)
    assert (answer, good.claim.replayed) == (good.answer, False)
    assert await left_of(lines, good) == (1, 1, 1)


async def test_a_key_in_flight_elsewhere_holds_up_only_its_own(writer, lines, elsewhere, ada, bob):
    slow = claim_of(ada)
    there = Writer(elsewhere, insert_many)
    async with lines.transaction("lines.slow") as tx:
        key = idempotency.identity(slow)
        await idempotency.queries(tx.connection).reach(key.lock, *key)
        waits, other = line_by(ada, claim=claim_of(ada)), line_by(bob, claim=claim_of(bob))
        refused, answer = await outcomes(there.write(waits), there.write(other))
        assert isinstance(refused, KeyInFlight)
        assert answer == other.answer
        late = asyncio.create_task(writer.write(line_by(ada, "late", claim_of(ada))))
        mine = uuid7()
        await idempotency.queries(tx.connection).keep(
            *key, slow.request_hash, mine, b'{"id":"%b","words":"slow"}' % str(mine).encode()
        )
    assert await late == Answer(mine, "slow")


async def test_cancelling_one_harms_no_other_and_takes_back_what_was_not_sent(writer, lines, ada):
    decisions = [line_by(ada, f"{i}") for i in range(40)]
    tasks = [asyncio.create_task(writer.write(each)) for each in decisions]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    got = await outcomes(*tasks)
    assert [type(each) for each in got[::2]] == [asyncio.CancelledError] * 20
    assert got[1::2] == [each.answer for each in decisions[1::2]]
    assert await left_of(lines, *decisions[::2]) == (0, 0, 0)
    assert writer.sent == [20]


async def test_cancelling_after_it_was_sent_loses_only_the_answer(writer, lines, ada):
    decisions = [line_by(ada, f"{i}") for i in range(40)]
    async with lines.reading() as holds:
        await holds.execute("select pg_advisory_lock(7)")
        await holds.execute(
            "create function lines.wait() returns trigger language plpgsql as "
            "'begin perform pg_advisory_xact_lock(7); return new; end';"
            "create trigger wait before insert on lines.line execute function lines.wait()"
        )
        tasks = [asyncio.create_task(writer.write(each)) for each in decisions]
        async with lines.reading() as looks:
            waiting = "select exists (select from pg_locks where objid = 7 and not granted)"
            await until(lambda: looks.fetchval(waiting))
        for task in tasks[:20]:
            task.cancel()
        await outcomes(*tasks[:20])
        await holds.execute("select pg_advisory_unlock(7); drop trigger wait on lines.line")
        assert await asyncio.gather(*tasks[20:]) == [each.answer for each in decisions[20:]]
    assert await left_of(lines, *decisions) == (40, 40, 40)


@pytest.fixture
async def trouble(lines):
    """What happens at an insert: a trigger's body, for one test."""

    async def make(body):
        async with lines.reading() as connection:
            await connection.execute(
                "create sequence lines.tries;"
                "create function lines.trouble() returns trigger language plpgsql as "
                f"$$begin {body}; return new; end$$;"
                "create trigger trouble before insert on lines.line"
                " execute function lines.trouble()"
            )

    yield make
    async with lines.reading() as connection:
        await connection.execute(
            "drop trigger trouble on lines.line; drop function lines.trouble();"
            "drop sequence lines.tries"
        )


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_what_goes_wrong_by_chance_is_tried_again_whole(writer, lines, trouble, state, ada):
    unlucky = (
        f"if nextval('lines.tries') < 3 then raise exception using errcode = '{state}'; end if"
    )
    await trouble(unlucky)
    decisions = [line_by(ada) for _ in range(20)]
    answers = await asyncio.gather(*map(writer.write, decisions))
    assert answers == [each.answer for each in decisions]
    assert (await left_of(lines, *decisions), writer.sent) == ((20, 20, 20), [20, 20, 20])


async def test_what_always_goes_wrong_by_chance_is_unavailable(writer, lines, trouble, ada):
    await trouble("raise exception using errcode = '40001'")
    decisions = [line_by(ada), line_by(ada, claim=claim_of(ada))]
    got = await outcomes(*map(writer.write, decisions))
    assert [type(each) for each in got] == [Unavailable] * 2
    assert await left_of(lines, *decisions) == (0, 0, 0)


async def test_a_slow_database_is_unavailable_for_all_and_asked_only_once(dsn, lines, trouble, ada):
    await trouble("perform pg_sleep(30)")
    async with open_pool(dsn, size=2, statement_seconds=0.05) as pool:
        writer = Counted(Database(pool), insert_many)
        decisions = [line_by(ada) for _ in range(20)]
        got = await outcomes(*map(writer.write, decisions))
    assert [type(each) for each in got] == [Unavailable] * 20
    assert (await left_of(lines, *decisions), writer.sent) == ((0, 0, 0), [20])


async def test_the_same_row_twice_at_once_is_written_once(writer, lines, ada):
    decision = line_by(ada)
    first, second = await outcomes(writer.write(decision), writer.write(decision))
    assert {type(first), type(second)} == {Answer, asyncpg.UniqueViolationError}
    assert await left_of(lines, decision) == (1, 1, 1)


async def test_a_replay_that_cannot_be_read_now_can_be_asked_for_again(wire, writer, lines, ada):
    first, again = line_by(ada, claim=claim_of(ada)), line_by(ada, claim=claim_of(ada))
    await writer.write(first)
    async with open_pool(wire.dsn, size=2) as pool:
        there = Writer(Database(pool), insert_many)
        wire.lose_the_reply_to(b"as asked (scope, operation, key)")
        with pytest.raises(Unavailable):
            await there.write(again)
        assert await there.write(again) == first.answer
    assert await left_of(lines, again) == (0, 0, 0)


async def test_a_full_queue_refuses_at_once(writer, lines, monkeypatch, ada):
    monkeypatch.setattr(writers, "MOST_WAITING", 10)
    decisions = [line_by(ada, f"{i}") for i in range(15)]
    got = await outcomes(*map(writer.write, decisions))
    assert got[:10] == [each.answer for each in decisions[:10]]
    assert {type(each) for each in got[10:]} == {Unavailable}
    assert await left_of(lines, *decisions[10:]) == (0, 0, 0)


async def test_a_lost_answer_is_found_again_by_key_and_told_as_unknown_without(
    wire, lines, ada, bob
):
    async with open_pool(wire.dsn, size=2) as pool:
        writer = Writer(Database(pool), insert_many)
        await writer.write(line_by(ada, "warm"))
        keyed = [line_by(ada, "marker", claim_of(ada, f"{i}")) for i in range(5)]
        plain = [line_by(bob, "plain") for _ in range(5)]
        wire.lose_the_reply_to(b"marker")
        got = await outcomes(*map(writer.write, [*keyed, *plain]))
    assert got[:5] == [each.answer for each in keyed]
    assert not any(each.claim.replayed for each in keyed)
    assert [type(each) for each in got[5:]] == [Lost] * 5
    assert await left_of(lines, *keyed, *plain) == (10, 10, 10)


async def test_a_database_that_is_gone_is_unavailable_and_nothing_is_half_done(wire, lines, ada):
    async with open_pool(wire.dsn, size=2) as pool:
        writer = Writer(Database(pool), insert_many)
        await wire.down()
        decisions = [line_by(ada, "gone", claim_of(ada)), line_by(ada, "gone")]
        got = await outcomes(*map(writer.write, decisions))
        assert [isinstance(each, Unavailable) for each in got] == [True, True]
        assert await left_of(lines, *decisions) == (0, 0, 0)
        await wire.up()
        assert await writer.write(decisions[0]) == decisions[0].answer
    assert await left_of(lines, *decisions) == (1, 1, 1)


async def test_a_lane_belongs_to_no_ones_request(lines, ada):
    whose = ContextVar("whose", default="nobody")
    seen = []

    class Watched(Counted):
        async def _send(self, batch):
            seen.append(whose.get())
            return await super()._send(batch)

    whose.set("ada")
    await Watched(lines, insert_many).write(line_by(ada))
    assert seen == ["nobody"]
