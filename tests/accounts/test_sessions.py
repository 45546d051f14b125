"""What login, refresh and logout promise."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest

from plaza.accounts.model import Address, Credentials, PasswordChange, Renewal
from plaza.accounts.problems import (
    AccountBanned,
    AccountDeleted,
    AccountPending,
    LoginFailed,
    RefreshRefused,
    WrongPassword,
)
from plaza.accounts.service.sessions import REFRESH_FOR, SAME_SUCCESSOR
from plaza.platform.caller import Anonymous, Origin, Role
from plaza.platform.problems import Invalid, LoginRequired
from tests.accounts.conftest import NOBODY, PASSWORD, new_account
from tests.accounts.test_registrations import change, rows

pytestmark = pytest.mark.anyio

UNKNOWN = new_account("nobody")


async def refresh(node, token):
    return await node.services.sessions.refresh(NOBODY, Renewal(refresh_token=token))


async def wait_replaced(database, seconds):
    """Let that many seconds pass since every refresh token was replaced."""
    await change(
        database,
        "update accounts.refresh set replaced_at = replaced_at - make_interval(secs => $1),"
        " created_at = created_at - make_interval(secs => $1)",
        seconds,
    )


async def test_one_logs_in_by_name_or_address_in_any_case(here, ada):
    for words in (
        {"login": ada.username},
        {"login": ada.email.upper()},
        {"email": ada.email},
        {"username": ada.username.upper()},
    ):
        credentials = Credentials(password=PASSWORD, **words)
        tokens = await here.services.sessions.login(NOBODY, credentials)
        assert (tokens.token_type, tokens.expires_in) == ("Bearer", 900)
        assert (tokens.user.id, tokens.user.version) == (ada.id, 2)


@pytest.mark.parametrize("words", [{}, {"login": "ada", "email": "ada@example.org"}])
async def test_one_names_oneself_in_one_way(here, words):
    with pytest.raises(Invalid):
        await here.services.sessions.login(NOBODY, Credentials(password=PASSWORD, **words))


async def test_a_session_knows_its_device_and_address(here, ada, database):
    caller = Anonymous(origin=Origin(address="192.0.2.7", device="curl/8"))
    await here.services.sessions.login(caller, Credentials(login=ada.username, password=PASSWORD))
    assert await rows(
        database, "select device, address from accounts.session where account_id = $1", ada.id
    ) == [("curl/8", "192.0.2.7")]


class CountedHasher:
    def __init__(self, hasher, counting):
        self._hasher, self._counting = hasher, counting

    def verify(self, kept, password):
        self._counting.hashes += 1
        return self._hasher.verify(kept, password)

    def hash(self, password):
        self._counting.hashes += 1
        return self._hasher.hash(password)


class Counting:
    """Every hash that is made or checked, and every statement that is sent."""

    def __init__(self, node, monkeypatch):
        self.hashes = self.statements = 0
        passwords = node.services.passwords
        monkeypatch.setattr(passwords, "_hasher", CountedHasher(passwords._hasher, self))  # noqa: SLF001
        for name in ("fetch", "fetchrow", "execute"):
            method = getattr(asyncpg.Connection, name)
            monkeypatch.setattr(asyncpg.Connection, name, self._counted(method))

    def _counted(self, method):
        async def call(connection, *args, **kwargs):
            self.statements += 1
            return await method(connection, *args, **kwargs)

        return call


async def test_every_way_to_fail_costs_the_same_and_says_the_same(
    here, ada, bob, database, monkeypatch
):
    pending = await here.services.registrations.register(NOBODY, new_account())
    gone = await here.services.registrations.register(NOBODY, new_account())
    for state, account in (("banned", bob), ("deleted", gone)):
        await change(
            database, "update accounts.account set state = $2 where id = $1", account.id, state
        )
    counting = Counting(here, monkeypatch)
    seen = set()
    for login in (
        UNKNOWN.username,
        UNKNOWN.email,
        ada.username,
        ada.email,
        pending.username,
        bob.username,
        gone.username,
        gone.email,
    ):
        counting.hashes = counting.statements = 0
        with pytest.raises(LoginFailed) as refused:
            await here.login(login, "not the password")
        problem = refused.value
        seen.add((counting.hashes, counting.statements, problem.detail, problem.errors))
    assert seen == {(1, 1, "", ())}


async def test_asking_for_another_token_costs_the_same_for_every_address(here, ada, monkeypatch):
    pending = await here.services.registrations.register(NOBODY, new_account())
    counting = Counting(here, monkeypatch)
    seen = set()
    for address in (UNKNOWN.email, ada.email, pending.email, pending.email):
        counting.hashes = counting.statements = 0
        await here.services.registrations.resend_activation(NOBODY, Address(email=address))
        seen.add((counting.hashes, counting.statements))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("state", "problem"),
    [("pending", AccountPending), ("banned", AccountBanned), ("deleted", AccountDeleted)],
)
async def test_why_an_account_is_closed_is_told_after_the_right_password_only(
    here, ada, database, state, problem
):
    await change(database, "update accounts.account set state = $2 where id = $1", ada.id, state)
    with pytest.raises(LoginFailed):
        await here.login(ada.username, "not the password")
    with pytest.raises(problem):
        await here.login(ada.username)


@pytest.mark.parametrize(
    ("state", "problem"), [("banned", AccountBanned), ("deleted", AccountDeleted)]
)
async def test_who_is_banned_does_not_refresh(here, ada, database, state, problem):
    tokens = await here.login(ada.username)
    await change(database, "update accounts.account set state = $2 where id = $1", ada.id, state)
    with pytest.raises(problem):
        await refresh(here, tokens.refresh_token)


async def test_a_refresh_token_is_replaced_by_each_use(here, elsewhere, ada, database):
    tokens = await here.login(ada.username)
    seen = [tokens.refresh_token]
    for node in (elsewhere, here, elsewhere):
        renewed = await refresh(node, seen[-1])
        assert (await here.caller(renewed)).id == ada.id
        assert renewed.user == tokens.user
        seen.append(renewed.refresh_token)
    assert len(set(seen)) == 4
    kept = str(await rows(database, "select t::text from accounts.refresh as t"))
    assert not any(token in kept for token in seen)


async def test_a_hundred_who_refresh_one_token_at_once_get_one_successor(
    here, elsewhere, ada, database
):
    tokens = await here.login(ada.username)
    renewed = await asyncio.gather(
        *(refresh(here if number % 2 else elsewhere, tokens.refresh_token) for number in range(100))
    )
    (successor,) = {each.refresh_token for each in renewed}
    assert successor != tokens.refresh_token
    session = (await here.caller(tokens)).session
    found = await rows(
        database,
        "select count(*), count(replaced_at) from accounts.refresh where session_id = $1",
        session,
    )
    assert found == [(2, 1)]


async def test_two_tabs_end_up_with_a_token_that_works(here, ada, database):
    """The second tab comes when the first has refreshed twice: it gets what is good now."""
    tokens = await here.login(ada.username)
    first = await refresh(here, tokens.refresh_token)
    second = await refresh(here, first.refresh_token)
    late = await refresh(here, tokens.refresh_token)
    assert late.refresh_token == second.refresh_token
    await wait_replaced(database, 11)
    assert await refresh(here, late.refresh_token)


async def test_a_token_used_again_later_ends_the_session_for_whoever_has_it(
    here, elsewhere, ada, database
):
    stolen = (await here.login(ada.username)).refresh_token
    thief = await refresh(elsewhere, stolen)
    other = await here.login(ada.username)
    await wait_replaced(database, 11)
    with pytest.raises(RefreshRefused):
        await refresh(here, stolen)
    with pytest.raises(RefreshRefused):
        await refresh(elsewhere, thief.refresh_token)
    with pytest.raises(LoginRequired):
        await here.caller(thief)
    await elsewhere.services.revocations.look()
    with pytest.raises(LoginRequired):
        await elsewhere.caller(thief)
    assert await here.caller(other)
    announced = await rows(
        database,
        "select topic, convert_from(payload, 'utf8')::jsonb->>'reason' from platform.outbox"
        " where key = $1 order by seq desc limit 1",
        ada.id,
    )
    assert announced == [("accounts.session_ended", "reuse")]


async def test_a_foreign_or_old_refresh_token_is_refused(here, ada, database):
    tokens = await here.login(ada.username)
    for foreign in ("x", tokens.refresh_token + "A", tokens.access_token[:200], "é"):
        with pytest.raises(RefreshRefused):
            await refresh(here, foreign)
    await change(database, "update accounts.refresh set expires_at = now()")
    with pytest.raises(RefreshRefused):
        await refresh(here, tokens.refresh_token)


async def test_after_logout_nothing_of_the_session_works_anywhere_within_a_second(
    here, elsewhere, ada
):
    tokens, other = await here.login(ada.username), await here.login(ada.username)
    caller = await here.caller(tokens)
    await elsewhere.caller(tokens)
    looking = asyncio.create_task(elsewhere.services.revocations.run())
    try:
        await here.services.sessions.logout(caller)
        with pytest.raises(LoginRequired):
            await here.caller(tokens)
        await asyncio.sleep(1)
        with pytest.raises(LoginRequired):
            await elsewhere.caller(tokens)
    finally:
        looking.cancel()
    with pytest.raises(RefreshRefused):
        await refresh(here, tokens.refresh_token)
    assert await elsewhere.caller(other)
    await here.services.sessions.logout(caller)


async def test_a_process_that_starts_later_knows_what_was_revoked(here, elsewhere, ada):
    tokens = await here.login(ada.username)
    await here.services.sessions.logout(await here.caller(tokens))
    with pytest.raises(LoginRequired):
        await elsewhere.caller(tokens)


async def test_looking_goes_on_after_the_worst(here, ada, database):
    """A table that is not there for a moment: nobody is let in on guesses, and then it works."""
    tokens = await here.login(ada.username)
    looking = asyncio.create_task(here.services.revocations.run())
    await change(database, "alter table accounts.session rename to elsewhere")
    await asyncio.sleep(1.2)
    with pytest.raises(asyncpg.UndefinedTableError):
        await here.caller(tokens)
    await change(database, "alter table accounts.elsewhere rename to session")
    await asyncio.sleep(0.7)
    assert not looking.done()
    assert await here.caller(tokens)
    looking.cancel()


async def test_another_role_holds_within_a_second_for_tokens_that_name_the_old(here, ada, database):
    tokens = await here.login(ada.username)
    assert (await here.caller(tokens)).role is Role.USER
    await change(
        database,
        "update accounts.account set role = 'moderator', role_changed_at = now() where id = $1",
        ada.id,
    )
    await here.services.revocations.look()
    assert (await here.caller(tokens)).role is Role.MODERATOR
    assert (await here.caller(await here.login(ada.username))).role is Role.MODERATOR


async def test_a_seen_token_asks_the_database_nothing(here, ada, monkeypatch):
    tokens = await here.login(ada.username)
    await here.caller(tokens)
    counting = Counting(here, monkeypatch)
    for _ in range(100):
        await here.caller(tokens)
    assert counting.statements == 0


async def test_the_caller_says_when_the_password_was_given(here, ada):
    before = datetime.now(UTC)
    tokens = await here.login(ada.username)
    caller = await here.caller(await refresh(here, tokens.refresh_token))
    assert abs((caller.proved_at - before).total_seconds()) < 2


async def test_one_reads_ones_own_account(here, ada):
    caller = await here.caller(await here.login(ada.username))
    own = await here.services.accounts.own(caller)
    assert own == msgspec.structs.replace(ada, state=own.state, version=2)
    with pytest.raises(LoginRequired):
        await here.services.accounts.own(NOBODY)


async def test_a_new_password_ends_the_other_sessions_and_not_this_one(here, elsewhere, ada):
    mine, other = await here.login(ada.username), await elsewhere.login(ada.username)
    caller = await here.caller(mine)
    own = here.services.accounts
    with pytest.raises(WrongPassword):
        await own.change_password(caller, PasswordChange(current="wrong", new="another horse 9"))
    with pytest.raises(Invalid):
        await own.change_password(caller, PasswordChange(current=PASSWORD, new="password1"))
    await own.change_password(caller, PasswordChange(current=PASSWORD, new="another horse 9"))
    with pytest.raises(LoginRequired):
        await here.caller(other)
    with pytest.raises(RefreshRefused):
        await refresh(here, other.refresh_token)
    assert await here.caller(mine)
    assert await refresh(here, mine.refresh_token)
    with pytest.raises(LoginFailed):
        await here.login(ada.username)
    assert await here.login(ada.username, "another horse 9")


async def test_a_login_that_races_with_a_new_password_does_not_outlive_it(
    here, elsewhere, ada, monkeypatch
):
    """The old password was right when it was checked, and is not any more."""
    caller = await here.caller(await here.login(ada.username))
    opened = asyncio.Event()
    ready = asyncio.Event()
    matches = elsewhere.services.passwords.matches

    async def slowly(password, kept):
        right = await matches(password, kept)
        ready.set()
        await opened.wait()
        return right

    monkeypatch.setattr(elsewhere.services.passwords, "matches", slowly)
    racing = asyncio.create_task(elsewhere.login(ada.username))
    await ready.wait()
    await here.services.accounts.change_password(
        caller, PasswordChange(current=PASSWORD, new="another horse 9")
    )
    opened.set()
    with pytest.raises(LoginFailed):
        await racing


def test_the_grace_is_what_is_promised():
    assert SAME_SUCCESSOR.total_seconds() == 10
    assert REFRESH_FOR.days == 30
