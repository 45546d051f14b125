"""Whoever changes what was written about them is found out, by the first line that is not right."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from plaza.platform import sealing
from plaza.platform.audit import Act, act_of
from plaza.platform.caller import Anonymous
from plaza.platform.database import Database
from plaza.platform.health import Degraded
from plaza.platform.ids import uuid7
from plaza.platform.pool import open_pool
from plaza.platform.problems import Unavailable
from plaza.platform.sealing import Broken, Head, Line, Sealer, link, verified, verify
from tests.servers import TEMPLATE, execute, named

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
COPY = """
insert into platform.audit
select gen_random_uuid(), at, actor, act, subject, detail, request_id, {}
  from platform.audit where seq = 6
"""
SWAP = """
update platform.audit set seq = -seq where seq in (2, 4);
update platform.audit set seq = 6 + seq where seq in (-2, -4);
"""


@pytest.fixture
def own_dsn(servers):
    """A database of this test's own: a chain has one beginning and one end."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(execute(servers.postgres, f"create database {name} template {TEMPLATE}"))
    yield named(servers.postgres, name)
    asyncio.run(execute(servers.postgres, f"drop database {name} with (force)"))


@pytest.fixture
async def audited(own_dsn):
    async with open_pool(own_dsn, size=4) as pool:
        yield Database(pool)


async def write(database, count=1):
    async with database.transaction("tests.act") as tx:
        for number in range(count):
            tx.audit(act_of(Anonymous(), "tests.did", NOW, uuid7(), number=number, naïve="é\n"))


async def sealed(database, count=6):
    await write(database, count)
    assert await Sealer(database).seal() == count


async def chain(database, noted=None):
    async with database.reading() as connection:
        return await verify(connection, noted)


async def tamper(database, *statements):
    """As somebody who owns the table can."""
    async with database.reading() as connection:
        await connection.execute("alter table platform.audit disable trigger user")
        for statement in statements:
            await connection.execute(statement)


async def test_what_is_written_is_sealed_in_its_order_and_holds(audited):
    assert (await chain(audited)).head.seq == 0
    await sealed(audited, 3)
    async with audited.reading() as connection:
        rows = await connection.fetch("select seq from platform.audit order by id")
    assert [row["seq"] for row in rows] == [1, 2, 3]
    await sealed(audited, 2)
    await write(audited)
    told = await chain(audited)
    assert (told.head.seq, told.waiting) == (5, 1)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update platform.audit set actor = 'somebody' where seq = 3", "Line 3 ("),
        ("update platform.audit set at = at + interval '1 microsecond' where seq = 1", "Line 1 ("),
        ("update platform.audit set detail = '{}' where seq = 6", "Line 6 ("),
        ("update platform.audit set subject = null where seq = 2", "Line 2 ("),
        ("update platform.audit set hash = sha256('') where seq = 4", "Line 4 ("),
        ("delete from platform.audit where seq = 3", "Line 3 is missing"),
        ("delete from platform.audit where seq = 1", "Line 1 is missing"),
        (
            COPY.format("7, sha256('')"),
            "Line 7 (",
        ),
        (
            COPY.format("-seq, hash"),
            "Line 1 is missing",
        ),
        (
            SWAP,
            "Line 2 (",
        ),
        ("delete from platform.audit where seq > 4", "ends at line 4, and 6 were sealed"),
        ("update platform.audit_head set seq = 5", "ends at line 6, and 5 were sealed"),
        ("delete from platform.audit_head", "head of the chain is gone"),
    ],
    ids=[
        "who",
        "when",
        "what",
        "whom",
        "the hash",
        "removed",
        "the first removed",
        "put in at the end",
        "put in before the beginning",
        "two have changed places",
        "the end cut off",
        "the head moved",
        "the head gone",
    ],
)
async def test_what_was_tampered_with_is_named(audited, statement, said):
    await sealed(audited)
    await tamper(audited, statement)
    with pytest.raises(Broken) as broken:
        await chain(audited)
    assert said in str(broken.value)


async def test_whoever_looks_now_and_then_finds_it(audited):
    look = verified(audited)
    await sealed(audited, 3)
    assert await look(NOW) == 3
    await tamper(audited, "delete from platform.audit where seq = 2")
    with pytest.raises(Broken, match="Line 2 is missing"):
        await look(NOW)


async def test_lines_that_come_after_do_not_hide_a_gap(audited):
    await sealed(audited)
    await tamper(audited, "delete from platform.audit where seq > 4")
    await sealed(audited)
    with pytest.raises(Broken, match="Line 5 is missing"):
        await chain(audited)


async def test_only_a_head_that_was_noted_elsewhere_tells_that_the_end_and_the_head_were_cut(
    audited,
):
    await sealed(audited)
    noted = (await chain(audited)).head
    await tamper(
        audited,
        "delete from platform.audit where seq > 4",
        "update platform.audit_head set (seq, hash) = (select seq, hash from platform.audit"
        " where seq = 4)",
    )
    assert (await chain(audited)).head.seq == 4
    with pytest.raises(Broken, match="ends at line 4, and once had 6"):
        await chain(audited, noted)


async def test_only_a_head_that_was_noted_elsewhere_tells_that_all_was_made_anew(audited):
    await sealed(audited)
    noted = (await chain(audited)).head
    await tamper(
        audited,
        "update platform.audit set actor = 'somebody' where seq = 3",
        "update platform.audit set seq = null, hash = null",
        "update platform.audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex')",
    )
    await Sealer(audited).seal()
    await sealed(audited)
    assert (await chain(audited)).head.seq == 12
    with pytest.raises(Broken, match="made anew before line 7"):
        await chain(audited, noted)


@pytest.mark.parametrize(
    "statement",
    [
        "update platform.audit set actor = 'somebody'",
        "update platform.audit set actor = 'somebody', seq = 9, hash = '' where seq is null",
        "update platform.audit set seq = null",
        "update platform.audit set seq = seq + 10",
        "delete from platform.audit",
        "truncate platform.audit",
        COPY.format("9, ''"),
    ],
)
async def test_a_statement_can_only_add_and_seal(audited, statement):
    await sealed(audited)
    await write(audited)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with audited.reading() as connection:
            await connection.execute(statement)


async def test_several_that_seal_at_once_make_one_chain(audited, monkeypatch):
    monkeypatch.setattr(sealing, "AT_ONCE", 7)
    sealers = [Sealer(audited) for _ in range(4)]

    async def busily(sealer):
        for _ in range(20):
            await sealer.seal()

    await asyncio.gather(
        *(busily(each) for each in sealers), *(write(audited, 5) for _ in range(6))
    )
    while await sealers[0].seal():
        pass
    told = await chain(audited)
    assert (told.head.seq, told.waiting) == (30, 0)


async def test_a_sealer_that_was_frozen_seals_nothing_twice(audited):
    """Between its look and its write another has sealed."""
    await write(audited, 3)
    async with audited.transaction("tests.frozen") as tx:
        known = await sealing.queries(tx.connection).head()
        assert await Sealer(audited).seal() == 3
        assert await sealing.queries(tx.connection).move(3, b"late", known.seq, known.hash) is None
    assert (await chain(audited)).head.seq == 3


async def test_a_sealer_outlives_an_outage(audited, monkeypatch):
    monkeypatch.setattr(sealing, "LOOK_SECONDS", 0.01)
    sealer, calls = Sealer(audited), []
    seal = sealer.seal

    async def failing():
        calls.append(None)
        if len(calls) == 1:
            raise Unavailable
        return await seal()

    sealer.seal = failing
    await write(audited)
    running = asyncio.create_task(sealer.run())
    async with asyncio.timeout(10):
        while (await chain(audited)).head.seq == 0:  # noqa: ASYNC110  # the database sends no event
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def running_until_sealed(database, monkeypatch, tell_seconds):
    """What the log got by then, and what it got when the sealer was stopped."""
    monkeypatch.setattr(sealing, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sealing, "TELL_SECONDS", tell_seconds)
    await write(database)
    with capture_logs() as logged:
        running = asyncio.create_task(Sealer(database).run())
        async with asyncio.timeout(10):
            while (await chain(database)).head.seq == 0:  # noqa: ASYNC110  # it has no event
                await asyncio.sleep(0.01)
        before = len(logged)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return before, [each["head"] for each in logged]


async def test_the_log_gets_a_head_that_moved_once_and_not_in_the_midst_of_a_start(
    audited, monkeypatch
):
    before, heads = await running_until_sealed(audited, monkeypatch, tell_seconds=60)
    assert (before, heads) == (0, [str((await chain(audited)).head)])


async def test_lines_that_wait_for_long_are_an_alarm(audited):
    await sealing.check(audited)
    async with audited.transaction("tests.act") as tx:
        tx.audit(Act(at=datetime.now(UTC) - timedelta(minutes=2), actor="ada", act="tests.did"))
    with pytest.raises(Degraded):
        await sealing.check(audited)
    await Sealer(audited).seal()
    await sealing.check(audited)


def test_the_encoding_is_what_others_can_compute():
    """The digest was made with another tool: printf '...' | sha256sum."""
    line = Line(
        id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
        at=NOW,
        actor="anonymous",
        act="tests.did",
        subject=None,
        detail='{"n": 1}',
        request_id="r1",
    )
    assert str(link(Head(0, bytes(32)), line)) == (
        "1:22f72f369f450d752f01a5d3be39b143ab4b15451851da69a7eb670b88a071f8"
    )
