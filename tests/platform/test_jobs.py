"""Work for later is done: at least once, by one at a time, and not for ever."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from plaza.platform.health import Degraded
from plaza.platform.jobs import BULK, MAIL, Hopeless, Jobs, NewJob, Work, check, enqueue, queries
from plaza.platform.problems import Unavailable

pytestmark = pytest.mark.anyio


class Desk:
    """What was done and what was given up; fails as it is told."""

    def __init__(self):
        self.done, self.undone, self.failures = [], [], []
        self.now = self.most = 0
        self.begun, self.dozen = asyncio.Event(), asyncio.Event()

    async def run(self, job):
        self.now += 1
        self.most = max(self.most, self.now)
        self.begun.set()
        try:
            await asyncio.sleep(0.01)
            if self.failures:
                raise self.failures.pop(0)
            self.done.append((job.payload["n"], job.attempts))
            if len(self.done) == 12:
                self.dozen.set()
        finally:
            self.now -= 1

    async def give_up(self, job):
        self.undone.append(job.payload["n"])


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def lane():
    """One of this test's own."""
    return secrets.token_hex(4)


def jobs(database, lane, desk, **terms):
    work = Work(run=desk.run, give_up=desk.give_up, **{"pause": 0.0, **terms})
    return Jobs(database, lane, {"desk.work": work})


async def put(database, lane, number=1, **more):
    job = NewJob(kind="desk.work", lane=lane, payload={"n": number}, **more)
    async with database.transaction("desk.put") as tx:
        await enqueue(tx, job)
    return job.id


async def standing(database, lane):
    async with database.reading() as connection:
        rows = await connection.fetch(
            "select attempts, error, dead_at is not null as dead from platform.job"
            " where lane = $1 order by id",
            lane,
        )
    return [tuple(row) for row in rows]


async def elapse(database, lane, seconds):
    async with database.reading() as connection:
        await connection.execute(
            "update platform.job set due_at = due_at - make_interval(secs => $2) where lane = $1",
            lane,
            seconds,
        )


async def test_what_is_put_is_done_once_and_gone(database, lane, desk):
    for number in range(3):
        await put(database, lane, number)
    assert await jobs(database, lane, desk).work_off() == 3
    assert sorted(desk.done) == [(0, 1), (1, 1), (2, 1)]
    assert await standing(database, lane) == []


async def test_what_is_rolled_back_is_never_done(database, lane, desk):
    async def refused():
        async with database.transaction("desk.put") as tx:
            await enqueue(tx, NewJob(kind="desk.work", lane=lane, payload={"n": 1}))
            raise Unavailable

    with pytest.raises(Unavailable):
        await refused()
    assert await jobs(database, lane, desk).work_off() == 0


async def test_many_workers_share_the_work_and_none_does_anothers(database, lane, desk):
    for number in range(60):
        await put(database, lane, number)
    workers = [jobs(database, lane, desk) for _ in range(5)]
    counts = await asyncio.gather(*(worker.work_off() for worker in workers))
    assert sum(counts) == 60
    assert sorted(desk.done) == [(number, 1) for number in range(60)]


async def test_a_job_waits_until_it_is_due(database, lane, desk):
    await put(database, lane, due_at=datetime.now(UTC) + timedelta(hours=1))
    worker = jobs(database, lane, desk)
    assert await worker.work_off() == 0
    await elapse(database, lane, 3601)
    assert await worker.work_off() == 1


async def test_of_one_key_there_is_one_job_at_a_time(database, lane, desk):
    for _ in range(3):
        await put(database, lane, unique_key=lane)
    worker = jobs(database, lane, desk)
    assert await worker.work_off() == 1
    await put(database, lane, unique_key=lane)
    assert await worker.work_off() == 1


async def test_who_wants_it_sooner_gets_it_sooner(database, lane, desk):
    hour = datetime.now(UTC) + timedelta(hours=1)
    await put(database, lane, 1, unique_key=lane, due_at=hour)
    worker = jobs(database, lane, desk)
    assert await worker.work_off() == 0
    await put(database, lane, 2, unique_key=lane)
    await put(database, lane, 3, unique_key=lane, due_at=hour)
    assert await worker.work_off() == 1
    assert desk.done == [(1, 1)]


@pytest.mark.parametrize("failures", [[], [Hopeless("nobody there")]], ids=["done", "given up"])
async def test_what_is_wanted_again_while_it_is_worked_on_is_done_again(
    database, lane, desk, failures
):
    """Its try may have looked before the second wish came true."""
    await put(database, lane, unique_key=lane)
    desk.failures = list(failures)
    worker = jobs(database, lane, desk)
    working = asyncio.create_task(worker.work_off())
    await desk.begun.wait()
    for _ in range(2):
        await put(database, lane, unique_key=lane)
    await working
    await worker.work_off()
    assert desk.done == [(1, 1)] * (2 - len(failures))
    assert await standing(database, lane) == []


async def test_what_fails_is_tried_again_and_says_why(database, lane, desk):
    await put(database, lane)
    desk.failures = [OSError("refused"), ValueError("x" * 10_000)]
    worker = jobs(database, lane, desk, pause=100)
    assert await worker.work_off() == 1
    assert await standing(database, lane) == [(1, "OSError: refused", False)]
    await elapse(database, lane, 101)
    assert await worker.work_off() == 1
    ((attempts, error, dead),) = await standing(database, lane)
    assert (attempts, len(error), dead) == (2, 500, False)
    await elapse(database, lane, 99)
    assert await worker.work_off() == 0, "the second pause is twice as long"
    await elapse(database, lane, 102)
    assert await worker.work_off() == 1
    assert desk.done == [(1, 3)]
    assert await standing(database, lane) == []


async def test_after_the_last_try_it_is_undone_and_kept_to_be_looked_at(database, lane, desk):
    await put(database, lane)
    desk.failures = [OSError(str(number)) for number in range(9)]
    worker = jobs(database, lane, desk, tries=3)
    await worker.work_off()
    assert desk.undone == [1]
    assert await standing(database, lane) == [(3, "OSError: 2", True)]
    assert await worker.work_off() == 0


async def test_what_is_hopeless_is_given_up_at_once(database, lane, desk):
    await put(database, lane)
    desk.failures = [Hopeless("nobody there")]
    await jobs(database, lane, desk).work_off()
    assert desk.undone == [1]
    assert await standing(database, lane) == [(1, "Hopeless: nobody there", True)]


async def test_a_job_whose_worker_died_is_taken_again_when_its_lease_is_over(database, lane, desk):
    await put(database, lane)
    worker = jobs(database, lane, desk, lease=30)
    dying = asyncio.create_task(worker.work_off())
    await desk.begun.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await worker.work_off() == 0
    await elapse(database, lane, 31)
    assert await worker.work_off() == 1
    assert desk.done == [(1, 2)]


async def test_a_job_that_kills_every_worker_is_undone_without_another_try(database, lane, desk):
    await put(database, lane)
    async with database.reading() as connection:
        await connection.execute("update platform.job set attempts = 3 where lane = $1", lane)
    await jobs(database, lane, desk, tries=3).work_off()
    assert (desk.done, desk.undone) == ([], [1])
    ((_, _, dead),) = await standing(database, lane)
    assert dead


async def test_undoing_that_fails_is_tried_again(database, lane, desk):
    await put(database, lane)
    desk.failures = [Hopeless("nobody there")]

    async def broken(_job):
        raise OSError("database gone")

    failing = Work(run=desk.run, give_up=broken, tries=1, lease=30)
    await Jobs(database, lane, {"desk.work": failing}).work_off()
    ((_, _, dead),) = await standing(database, lane)
    assert not dead
    await elapse(database, lane, 31)
    await jobs(database, lane, desk, tries=1).work_off()
    assert desk.undone == [1]


async def test_a_try_has_its_time(database, lane):
    async def endless(_job):
        await asyncio.sleep(60)

    await put(database, lane)
    work = Work(run=endless, lease=0.05, pause=100)
    await Jobs(database, lane, {"desk.work": work}).work_off()
    assert [(attempts, dead) for attempts, _, dead in await standing(database, lane)] == [
        (1, False)
    ]


async def test_who_was_late_does_not_undo_the_next_ones_standing(database, lane, desk):
    """A first worker that comes back after its lease cannot postpone what the second holds."""
    await put(database, lane)
    desk.failures = [OSError("late")]
    slow = jobs(database, lane, desk, lease=30, pause=3600)
    late = asyncio.create_task(slow.work_off())
    await desk.begun.wait()
    async with database.reading() as connection:
        await connection.execute("update platform.job set attempts = 2 where lane = $1", lane)
    await late
    ((attempts, error, _),) = await standing(database, lane)
    assert (attempts, error) == (2, None)


@pytest.mark.parametrize("failures", [[], [Hopeless("nobody there")]], ids=["done", "given up"])
async def test_who_was_frozen_neither_ends_nor_undoes_what_another_works_on(
    database, lane, desk, failures
):
    job = await put(database, lane)
    desk.failures = list(failures)
    worker = jobs(database, lane, desk, lease=30)
    frozen = asyncio.create_task(worker.work_off())
    await desk.begun.wait()
    await elapse(database, lane, 31)
    async with database.reading() as connection:
        (taken,) = await queries(connection).take(lane, ["desk.work"], 4, 30)
    await frozen
    assert await standing(database, lane) == [(2, None, False)]
    assert desk.undone == []
    async with database.reading() as connection:
        await queries(connection).done(job, taken.attempts)
    assert await standing(database, lane) == []


async def test_whoever_is_asked_to_stop_ends_what_is_in_hand_and_takes_no_more(
    database, lane, desk
):
    for number in range(3):
        await put(database, lane, number)
    work = Work(run=desk.run)
    running = asyncio.create_task(
        Jobs(database, lane, {"desk.work": work}, width=1, grace=10).run()
    )
    await desk.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert desk.done == [(0, 1)]
    assert await standing(database, lane) == [(0, None, False)] * 2


async def test_a_lane_that_is_full_keeps_no_other_waiting(database, lane, desk):
    async with database.reading() as connection:
        await connection.execute(
            "insert into platform.job (id, lane, kind, payload, due_at)"
            " select gen_random_uuid(), $1, 'slow.work', '{}', now() from generate_series(1, 5000)",
            lane,
        )
    slow = Work(run=lambda _: asyncio.sleep(3600), lease=7200)
    full = asyncio.create_task(Jobs(database, lane, {"slow.work": slow}).run())
    await put(database, f"{lane}-mail")
    assert await jobs(database, f"{lane}-mail", desk).work_off() == 1
    full.cancel()
    await asyncio.gather(full, return_exceptions=True)


async def test_how_the_lanes_stand_can_be_told(database, lane, desk):
    await put(database, lane, 1)
    await put(database, lane, 2, due_at=datetime.now(UTC) + timedelta(hours=1))
    await elapse(database, lane, 60)
    desk.failures = [Hopeless("nobody there")]
    await jobs(database, lane, desk).work_off()
    await put(database, lane, 3)
    await elapse(database, lane, 60)
    async with database.reading() as connection:
        (told,) = [each for each in await queries(connection).standing() if each.lane == lane]
    assert (told.waiting, told.held, told.dead) == (2, 0, 1)
    assert 60 <= told.late < 120


async def test_jobs_that_people_wait_for_in_vain_are_an_alarm(database, desk):
    async with database.reading() as connection:
        await connection.execute("delete from platform.job")
    await put(database, BULK)
    await elapse(database, BULK, 600)
    await put(database, MAIL)
    await check(database)
    await elapse(database, MAIL, 61)
    with pytest.raises(Degraded, match="lane mail are 61 s late"):
        await check(database)
    assert await jobs(database, MAIL, desk).work_off() == 1
    await check(database)


async def test_a_kind_nobody_here_knows_is_left_for_others(database, lane, desk):
    async with database.transaction("desk.put") as tx:
        await enqueue(tx, NewJob(kind="other.work", lane=lane, payload={}))
    assert await jobs(database, lane, desk).work_off() == 0
    assert len(await standing(database, lane)) == 1


async def test_a_running_worker_finds_what_comes_and_takes_no_more_than_it_can_hold(
    database, lane, desk
):
    work = Work(run=desk.run)
    running = asyncio.create_task(Jobs(database, lane, {"desk.work": work}, width=3).run())
    for number in range(12):
        await put(database, lane, number)
    async with asyncio.timeout(10):
        await desk.dozen.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert desk.most <= 3
    assert sorted(desk.done) == [(number, 1) for number in range(12)]


async def test_a_running_worker_outlives_a_broken_table(database, lane, desk):
    running = asyncio.create_task(jobs(database, lane, desk).run())
    for sql in (
        "alter table platform.job rename to elsewhere",
        "alter table platform.elsewhere rename to job",
    ):
        async with database.reading() as connection:
            await connection.execute(sql)
        await asyncio.sleep(0.7)  # longer than it takes to look again
    await put(database, lane)
    async with asyncio.timeout(10):
        await desk.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_pauses_grow_up_to_a_bound_and_differ():
    work = Work(run=Desk().run, pause=5, longest=3600)
    for attempts, longest in ((1, 5), (2, 10), (5, 80), (20, 3600), (5000, 3600)):
        rests = {work.rest(attempts) for _ in range(20)}
        assert len(rests) > 1
        assert all(longest / 2 <= rest <= longest for rest in rests)
