"""How old the truth may be that a token is judged by, also when the database is slow."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from plaza.accounts.service import revocations
from plaza.platform.caller import Role
from plaza.platform.problems import LoginRequired, Unavailable
from tests.accounts.test_registrations import change

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


class SlowDatabase:
    """What is read is held back: by the next of `gates`, or for `seconds` of the clock."""

    def __init__(self, database, clock):
        self._database, self._clock = database, clock
        self.gates, self.seconds, self.reads = [], 0.0, asyncio.Semaphore(0)

    @asynccontextmanager
    async def reading(self, name):
        gate = self.gates.pop(0) if self.gates else None
        async with self._database.reading(name) as connection:
            yield connection
        self.reads.release()
        self._clock.now += self.seconds
        if gate is not None:
            await gate.wait()


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(revocations, "time", made)
    return made


@pytest.fixture
def slow(elsewhere, database, clock, monkeypatch):
    made = SlowDatabase(database, clock)
    monkeypatch.setattr(elsewhere.services.revocations, "_database", made)
    return made


async def test_nobody_is_judged_by_a_look_that_began_seconds_ago(here, elsewhere, ada, slow, clock):
    tokens = await here.login(ada.username)
    slow.gates = [gate := asyncio.Event()]
    looking = asyncio.create_task(elsewhere.services.revocations.look())
    await slow.reads.acquire()
    await here.services.sessions.logout(await here.caller(tokens))
    clock.now += 3
    asking = asyncio.create_task(elsewhere.caller(tokens))
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(LoginRequired):
        await asking
    await looking


async def test_a_look_that_hangs_keeps_nobody_waiting(here, elsewhere, ada, slow, clock):
    tokens = await here.login(ada.username)
    slow.gates = [gate := asyncio.Event()]
    looking = asyncio.create_task(elsewhere.services.revocations.look())
    await slow.reads.acquire()
    clock.now += 3
    assert await asyncio.wait_for(elsewhere.caller(tokens), 5)
    gate.set()
    await looking


async def test_nobody_is_let_in_while_every_look_takes_too_long(here, elsewhere, ada, slow):
    tokens = await here.login(ada.username)
    slow.seconds = 1.2
    with pytest.raises(Unavailable):
        await elsewhere.caller(tokens)
    slow.seconds = 0.4
    assert await elsewhere.caller(tokens)


async def test_a_look_that_ends_late_takes_nothing_back(
    here, elsewhere, ada, slow, clock, database
):
    tokens = await here.login(ada.username)
    role = "update accounts.account set role = $2, role_changed_at = now() where id = $1"
    await change(database, role, ada.id, "admin")
    slow.gates = [gate := asyncio.Event()]
    looking = asyncio.create_task(elsewhere.services.revocations.look())
    await slow.reads.acquire()
    await change(database, role, ada.id, "user")
    clock.now += 3
    assert (await asyncio.wait_for(elsewhere.caller(tokens), 5)).role is Role.USER
    gate.set()
    await looking
    assert (await elsewhere.caller(tokens)).role is Role.USER
