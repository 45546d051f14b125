"""Whatever comes together, whoever dies: what was answered is what the tables say."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plaza.platform.audit import act_of
from plaza.platform.caller import Anonymous, Claim
from plaza.platform.database import Database
from plaza.platform.ids import UserId, uuid7
from plaza.platform.pool import open_pool
from plaza.platform.problems import KeyReused, Unavailable
from plaza.platform.writer import Decision, Writer
from tests.platform.lines import (
    Answer,
    LineRow,
    LineWritten,
    NameRow,
    NameTaken,
    insert_many,
    take_names,
)
from tests.platform.patience import until

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
TOO_LONG = "x" * 21
TRUTH = """
select line.id,
       (select count(*) from platform.outbox where key = line.id) as events,
       (select count(*) from platform.audit where subject = line.id) as acts
  from lines.line
 where author_id = $1
"""
ORPHANS = """
select (select count(*) from platform.outbox where key not in (select id from lines.line)),
       (select count(*) from platform.audit where subject not in (select id from lines.line)),
       (select count(*) from platform.idempotency
         where decision_id not in (select id from lines.line))
"""


@pytest.fixture(scope="module")
async def two(lines, dsn):
    """Two processes' writers."""
    async with open_pool(dsn, size=4) as other:
        yield [Writer(lines, insert_many), Writer(Database(other), insert_many)]


def line_by(author, words, key=None, body=b""):
    line = uuid7()
    claim = key and Claim(scope=author.bytes, operation="w", key=key, request_hash=body)
    return Decision(
        answer=Answer(line, words),
        row=LineRow(line, author, words),
        events=[LineWritten(line_id=line, occurred_at=NOW)],
        acts=[act_of(Anonymous(), "lines.written", NOW, subject=line)],
        claim=claim,
    )


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "words": st.sampled_from(["hi", "there", TOO_LONG, "a\0b"]),
            "key": st.sampled_from([None, None, "a", "b", "c"]),
            "body": st.sampled_from([b"1", b"1", b"2"]),
            "writer": st.integers(0, 1),
            "ticks": st.integers(0, 3),
            "cancelled": st.sampled_from([False, False, False, True]),
        }
    ),
    min_size=1,
    max_size=60,
)


async def told(writers, author, steps):
    """Every decision with what its caller heard: an answer or an error."""

    async def one(step):
        decision = line_by(author, step["words"], step["key"], step["body"])
        for _ in range(step["ticks"]):
            await asyncio.sleep(0)
        task = asyncio.ensure_future(writers[step["writer"]].write(decision))
        if step["cancelled"]:
            await asyncio.sleep(0)
            task.cancel()
        return decision, (await asyncio.gather(task, return_exceptions=True))[0]

    return await asyncio.gather(*map(one, steps))


def check(decision, heard, whole, first):
    """`whole` are the rows with all that belongs to them, `first` the decision kept by a key."""
    claim, line = decision.claim, decision.row.id
    if isinstance(heard, Answer):
        owner = line if claim is None else first[claim.key]
        assert heard.id == owner
        assert owner in whole
        assert (line in whole) == (claim is None or not claim.replayed)
    elif isinstance(heard, asyncio.CancelledError):
        assert claim is None or line not in whole or first[claim.key] == line
    else:
        assert line not in whole
        if decision.row.words in {TOO_LONG, "a\0b"}:
            expected = (asyncpg.CheckViolationError, asyncpg.CharacterNotInRepertoireError)
            assert isinstance(heard, (*expected, KeyReused))
        else:
            assert isinstance(heard, KeyReused)


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_any_mix_of_decisions_agrees_with_the_tables(two, lines, steps):
    author = UserId(uuid7())
    heard = await told(two, author, steps)
    async with lines.reading() as connection:
        rows = await connection.fetch(TRUTH, author)
        kept = await connection.fetch(
            "select key, decision_id from platform.idempotency where scope = $1", author.bytes
        )
        assert tuple(await connection.fetchrow(ORPHANS)) == (0, 0, 0)
    assert {(row["events"], row["acts"]) for row in rows} <= {(1, 1)}
    whole = {row["id"] for row in rows}
    first = {row["key"]: row["decision_id"] for row in kept}
    assert set(first.values()) <= whole
    for decision, outcome in heard:
        check(decision, outcome, whole, first)


async def test_two_processes_with_the_same_keys_have_one_effect_per_key(two, lines):
    author = UserId(uuid7())
    keys = [f"{i}" for i in range(200)] * 4
    random.Random(1).shuffle(keys)
    decisions = [line_by(author, "hi", key) for key in keys]
    answers = await asyncio.gather(
        *(two[i % 2].write(decision) for i, decision in enumerate(decisions))
    )
    by_key = {}
    for key, answer in zip(keys, answers, strict=True):
        by_key.setdefault(key, set()).add(answer)
    assert {len(answers) for answers in by_key.values()} == {1}
    assert Counter(each.claim.replayed for each in decisions) == {False: 200, True: 600}
    async with lines.reading() as connection:
        rows = await connection.fetch(TRUTH, author)
        assert len(rows) == 200
        assert {(row["events"], row["acts"]) for row in rows} == {(1, 1)}


async def test_two_processes_that_take_the_same_names_never_deadlock(lines, dsn):
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    chance = random.Random(2)
    async with open_pool(dsn, size=4) as pool, lines.reading() as looks:
        before = await looks.fetchval(deadlocks)
        namers = [Writer(lines, take_names), Writer(Database(pool), take_names)]
        for turn in range(5):
            names = [f"{turn}-{i}" for i in range(300)] * 2
            chance.shuffle(names)
            heard = await asyncio.gather(
                *(
                    namers[i % 2].write(
                        Decision(answer=name, row=NameRow(uuid7(), name), otherwise=NameTaken())
                    )
                    for i, name in enumerate(names)
                ),
                return_exceptions=True,
            )
            assert sorted(each for each in heard if isinstance(each, str)) == sorted(set(names))
            assert {type(each) for each in heard} == {str, NameTaken}
        await looks.execute("select pg_stat_clear_snapshot()")
        assert await looks.fetchval(deadlocks) == before


async def test_killed_backends_lose_nothing_and_a_key_sent_again_finds_its_answer(lines, dsn):
    """The connections die again and again while two processes write."""
    author = UserId(uuid7())
    kill = """
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and state = 'active'
    """
    answered, errors, done = [], [], asyncio.Event()

    async def keep_writing(writer, keyed):
        while not done.is_set():
            decision = line_by(author, "hi", f"{uuid7()}" if keyed else None)
            for _ in range(20 if keyed else 1):
                try:
                    answered.append((await writer.write(decision)).id)
                    break
                except Unavailable as error:
                    errors.append(error)

    async def keep_killing(times):
        """Until as many were hit: whoever is between two statements is not."""
        session = await asyncpg.connect(dsn)
        hit = 0
        for _ in range(100 * times):
            enough = len(answered) + 100

            async def are_enough(enough=enough):
                return len(answered) >= enough

            await until(are_enough)
            hit += len(await session.fetch(kill))
            if hit >= times:
                break
        await session.close()
        done.set()
        assert hit >= times

    async with open_pool(dsn, size=2) as one, open_pool(dsn, size=2) as other:
        writers = [Writer(Database(each), insert_many) for each in (one, other)]
        people = [keep_writing(writer, keyed) for writer in writers for keyed in [True, False] * 10]
        await asyncio.gather(keep_killing(20), *people)
    async with lines.reading() as connection:
        rows = await connection.fetch(TRUTH, author)
        keys = "select decision_id from platform.idempotency where scope = $1"
        kept = await connection.fetch(keys, author.bytes)
    assert {(row["events"], row["acts"]) for row in rows} == {(1, 1)}
    assert len(answered) == len(set(answered))
    assert errors
    assert {row["decision_id"] for row in kept} <= set(answered) <= {row["id"] for row in rows}
