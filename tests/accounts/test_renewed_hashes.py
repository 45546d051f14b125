"""What becomes of password hashes when the cost in the settings is another."""

import asyncio
import threading

import pytest

from plaza.accounts.problems import AccountPending, LoginFailed
from plaza.accounts.service.passwords import Busy, HashCost, Passwords
from tests.accounts.conftest import NOBODY, PASSWORD, new_account
from tests.accounts.test_registrations import rows

pytestmark = pytest.mark.anyio

DEARER = HashCost(memory_kib=128, passes=2, threads=2)


@pytest.fixture
def dearer(elsewhere, monkeypatch):
    """A process that started with another setting."""
    made = Passwords(DEARER)
    monkeypatch.setattr(elsewhere.services.sessions, "_passwords", made)
    yield made
    made.close()


async def hash_of(database, account):
    ((kept,),) = await rows(
        database, "select password_hash from accounts.account where id = $1", account.id
    )
    return kept


@pytest.mark.usefixtures("dearer")
async def test_a_hash_is_made_anew_at_the_next_login_at_what_is_set(elsewhere, ada, database):
    before = await hash_of(database, ada)
    first = await elsewhere.login(ada.username)
    renewed = await hash_of(database, ada)
    assert before.startswith("$argon2id$v=19$m=64,t=1,")
    assert renewed.startswith("$argon2id$v=19$m=128,t=2,")
    assert (await elsewhere.login(ada.username)).user.version == first.user.version
    assert await hash_of(database, ada) == renewed
    assert (await elsewhere.caller(first)).id == ada.id


@pytest.mark.usefixtures("dearer")
async def test_only_the_right_password_of_who_may_log_in_renews_anything(
    here, elsewhere, ada, database
):
    before = await hash_of(database, ada)
    with pytest.raises(LoginFailed):
        await elsewhere.login(ada.username, "wrong horse 9")
    assert await hash_of(database, ada) == before
    pending = await here.services.registrations.register(NOBODY, new_account())
    before = await hash_of(database, pending)
    with pytest.raises(AccountPending):
        await elsewhere.login(pending.username)
    assert await hash_of(database, pending) == before


@pytest.mark.usefixtures("dearer")
async def test_of_many_logins_at_once_none_fails_because_another_renewed(elsewhere, ada, database):
    logins = await asyncio.gather(*(elsewhere.login(ada.username) for _ in range(20)))
    assert len({tokens.refresh_token for tokens in logins}) == 20
    assert (await hash_of(database, ada)).startswith("$argon2id$v=19$m=128,t=2,")


async def test_it_is_made_off_the_loop(dearer, monkeypatch):
    threads = []

    class Noting:
        def check_needs_rehash(self, _kept):
            return True

        def hash(self, password):
            threads.append(threading.current_thread())
            return password

    monkeypatch.setattr(dearer, "_hasher", Noting())
    assert await dearer.renewed(PASSWORD, "$old") == PASSWORD
    assert threads != [threading.main_thread()]


async def test_who_logs_in_while_too_many_hash_gets_in_all_the_same(
    elsewhere, ada, dearer, database, monkeypatch
):
    before = await hash_of(database, ada)

    async def busy(_password):
        raise Busy

    monkeypatch.setattr(dearer, "hash", busy)
    assert await elsewhere.login(ada.username)
    assert await hash_of(database, ada) == before
