"""Passwords: slow on purpose, never on the loop, never without end."""

import asyncio
import threading
import time

import pytest

from plaza.accounts.service.passwords import HashCost, Passwords
from plaza.platform.problems import Unavailable
from tests.accounts.conftest import CHEAP

pytestmark = pytest.mark.anyio


@pytest.fixture
def passwords():
    made = Passwords(CHEAP)
    yield made
    made.close()


async def test_a_password_matches_itself_alone(passwords):
    kept = await passwords.hash("correct horse 9")
    assert kept.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert await passwords.matches("correct horse 9", kept)
    for other in ("correct horse 8", "Correct horse 9", "correct horse 9 ", ""):
        assert not await passwords.matches(other, kept)
    assert await passwords.hash("correct horse 9") != kept


async def test_nobodys_password_never_matches(passwords):
    assert not await passwords.matches("correct horse 9", None)


async def test_what_is_set_is_what_a_guess_costs():
    owasp = HashCost()
    assert (owasp.memory_kib, owasp.passes) == (19_456, 2)
    passwords = Passwords(owasp)
    assert "m=19456,t=2,p=1" in await passwords.hash("correct horse 9")
    passwords.close()


class Slow:
    """A hasher that waits to be told."""

    def __init__(self):
        self.go = threading.Event()

    def hash(self, password):
        self.go.wait(10)
        return password


async def test_the_loop_goes_on_and_who_comes_too_late_is_turned_away(monkeypatch):
    passwords = Passwords(HashCost(memory_kib=64, passes=1, threads=2, waiting=3))
    slow = Slow()
    monkeypatch.setattr(passwords, "_hasher", slow)
    waiting = [asyncio.create_task(passwords.hash("x")) for _ in range(5)]
    await asyncio.sleep(0)
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        await passwords.hash("x")
    assert refused.value.retry_after >= 1
    waiting[4].cancel()
    await asyncio.sleep(0)
    assert time.monotonic() - began < 1
    later = asyncio.create_task(passwords.hash("y"))
    await asyncio.sleep(0)
    slow.go.set()
    assert await later == "y"
    assert await asyncio.gather(*waiting[:4]) == ["x"] * 4
    assert await passwords.hash("z") == "z"
    passwords.close()


async def test_a_hash_that_cannot_be_read_is_a_bug_not_a_wrong_password(passwords):
    with pytest.raises(Exception, match="hash"):
        await passwords.matches("correct horse 9", "$argon2id$broken")
