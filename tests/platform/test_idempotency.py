"""One key, one effect, one answer; who else asks waits, and not for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaza.platform.caller import Claim
from plaza.platform.idempotency import HeldElsewhere, Identity, Keys, queries
from plaza.platform.ids import uuid7
from plaza.platform.problems import KeyInFlight, KeyReused
from plaza.platform.sweeping import forget_answers

pytestmark = pytest.mark.anyio


def claim(body=b"body", key="k"):
    return Claim(scope=b"ada", operation="lines.write", key=key, request_hash=body)


class Work:
    """It takes until it is let go, and can be told to fail."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.runs = 0
        self.open = asyncio.Event()

    async def __call__(self):
        self.runs += 1
        await self.open.wait()
        await asyncio.sleep(0)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def begun(coroutine):
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    return task


async def test_who_comes_second_gets_the_answer_of_the_first():
    keys, work, first, second = Keys(), Work("done"), claim(), claim()
    tasks = [await begun(keys.once(each, work)) for each in (first, second)]
    work.open.set()
    assert await asyncio.gather(*tasks) == ["done", "done"]
    assert (work.runs, first.replayed, second.replayed) == (1, False, True)


async def test_who_comes_with_another_request_is_refused_after_the_first_succeeded():
    keys, work = Keys(), Work("done")
    first, other = [await begun(keys.once(each, work)) for each in (claim(), claim(body=b"other"))]
    work.open.set()
    assert await first == "done"
    with pytest.raises(KeyReused):
        await other


async def test_when_the_first_fails_each_next_one_tries_himself():
    keys, work = Keys(), Work(ValueError("first"), ValueError("second"), "third", "unused")
    claims = [claim(), claim(), claim(body=b"other"), claim(body=b"other")]
    tasks = [await begun(keys.once(each, work)) for each in claims]
    work.open.set()
    heard = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(each) for each in heard] == ["first", "second", "third", "third"]
    assert [each.replayed for each in claims] == [False, False, False, True]


async def test_after_the_patience_one_is_told_to_come_again():
    keys, work = Keys(patience=0.01), Work("done")
    first = await begun(keys.once(claim(), work))
    with pytest.raises(KeyInFlight):
        await keys.once(claim(), work)
    work.open.set()
    assert await first == "done"


async def test_a_key_held_elsewhere_is_tried_again_until_the_patience_is_over():
    keys, work = Keys(patience=5), Work(HeldElsewhere(), HeldElsewhere(), "done")
    work.open.set()
    assert await keys.once(claim(), work) == "done"
    impatient, held = Keys(patience=0), Work(HeldElsewhere())
    held.open.set()
    with pytest.raises(KeyInFlight):
        await impatient.once(claim(), held)


async def test_a_finished_key_is_forgotten_here():
    keys, work = Keys(), Work("first", "second")
    work.open.set()
    assert [await keys.once(claim(), work) for _ in range(2)] == ["first", "second"]


PARTS = st.tuples(st.binary(max_size=5), st.text(max_size=5), st.text(max_size=5))


@given(PARTS, PARTS)
def test_different_keys_have_different_locks_that_fit_a_bigint(one, other):
    one, other = Identity(*one), Identity(*other)
    assert -(2**63) <= one.lock < 2**63
    assert (one.lock == other.lock) == (one == other)


async def test_answers_are_forgotten_after_a_day_a_few_at_a_time(database):
    forget = forget_answers(database)
    now = datetime.now(UTC)
    async with database.reading() as connection:
        for age in range(20, 28):
            await queries(connection).keep(b"eve", "x", f"{age}", b"", uuid7(), b"null")
            await connection.execute(
                "update platform.idempotency set created_at = $1 where key = $2",
                now - timedelta(hours=age, minutes=1),
                f"{age}",
            )
        assert [await forget(now, 3) for _ in range(3)] == [3, 1, 0]
        left = await queries(connection).among(
            [b"eve"] * 8, ["x"] * 8, [f"{n}" for n in range(20, 28)]
        )
    assert sorted(each.key for each in left) == ["20", "21", "22", "23"]
