"""What becoming somebody promises."""

import asyncio

import msgspec
import pytest

from plaza.accounts.model import Address, Credentials, NewAccount
from plaza.accounts.problems import (
    AccountPending,
    EmailTaken,
    LoginFailed,
    TokenExpired,
    TokenUnknown,
    TokenUsed,
    UsernameTaken,
)
from plaza.platform.caller import Claim, Origin, System
from plaza.platform.jobs import Hopeless
from plaza.platform.problems import Invalid
from tests.accounts.conftest import NOBODY, PASSWORD, join, new_account

pytestmark = pytest.mark.anyio


async def rows(database, sql, *values):
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.fetch(sql, *values)]


async def change(database, sql, *values):
    async with database.reading() as connection:
        await connection.execute(sql, *values)


async def topics(database, account_id):
    found = await rows(
        database, "select topic from platform.outbox where key = $1 order by seq", account_id
    )
    return [topic for (topic,) in found]


async def test_an_account_is_pending_until_its_token_comes_back(here, post_box, database):
    wanted = new_account()
    account = await here.services.registrations.register(NOBODY, wanted)
    assert (account.username, account.email, account.role.value, account.state.value) == (
        wanted.username,
        wanted.email,
        "user",
        "pending",
    )
    with pytest.raises(AccountPending):
        await here.login(account.username)
    await here.mails.work_off()
    (token,) = post_box.tokens(account.email)
    await here.services.registrations.activate(NOBODY, token)
    tokens = await here.login(account.username)
    assert (tokens.user.id, tokens.user.state.value) == (account.id, "active")
    assert await topics(database, account.id) == ["accounts.registered", "accounts.activated"]


async def test_nobody_gets_a_role_by_asking():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(
            {"username": "eve", "email": "e@x.org", "password": PASSWORD, "role": "admin"},
            NewAccount,
        )


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?victim=40x.com=2C?=@evil.example",
        "=?utf-8?b?dmljdGltQHguY29tLA==?=@evil.example",
        "ada@=?utf-8?q?x.com?=",
        "ada=?@example.org",
    ],
)
async def test_an_address_that_mail_would_read_as_another_is_refused(address):
    """An encoded word (RFC 2047) becomes something else in the header of the letter."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"email": address}, Address)


async def test_account_token_and_mail_are_one_decision(here, database):
    """What cannot be announced did not happen: no account, no token, no mail."""
    wanted = new_account()
    await change(
        database, "alter table platform.job add constraint full_disk check (false) not valid"
    )
    try:
        with pytest.raises(Exception, match="full_disk"):
            await here.services.registrations.register(NOBODY, wanted)
    finally:
        await change(database, "alter table platform.job drop constraint full_disk")
    found = "select 1 from accounts.account where username = $1"
    assert await rows(database, found, wanted.username) == []
    await here.services.registrations.register(NOBODY, wanted)


async def test_neither_password_nor_token_is_anywhere_in_the_database(here, post_box, database):
    account = await here.services.registrations.register(NOBODY, new_account())
    jobs = await rows(database, "select payload::text from platform.job")
    await here.mails.work_off()
    (token,) = post_box.tokens(account.email)
    kept = str(jobs)
    for table in ("accounts.account", "accounts.activation", "platform.job", "platform.outbox"):
        kept += str(await rows(database, f"select t::text from {table} as t"))  # noqa: S608
    assert token not in kept
    assert PASSWORD not in kept


async def test_a_name_that_looks_like_another_is_taken(here):
    plain = new_account("il0").username[:20]
    first = msgspec.structs.replace(new_account(), username=plain + "x1l")
    await here.services.registrations.register(NOBODY, first)
    for name in (first.username.upper(), plain + "_x.ll", plain.replace("0", "o") + "xil_"):
        with pytest.raises(UsernameTaken) as refused:
            await here.services.registrations.register(
                NOBODY, msgspec.structs.replace(new_account(), username=name)
            )
        assert [error.pointer for error in refused.value.errors] == ["/username"]
        assert not (await here.services.registrations.availability(NOBODY, name)).available


async def test_an_address_has_one_account_whatever_its_case(here, post_box):
    wanted = new_account()
    await join(here, post_box, wanted)
    again = msgspec.structs.replace(new_account(), email=wanted.email.upper())
    with pytest.raises(EmailTaken) as refused:
        await here.services.registrations.register(NOBODY, again)
    assert [error.pointer for error in refused.value.errors] == ["/email"]
    with pytest.raises(UsernameTaken) as refused:
        await here.services.registrations.register(NOBODY, wanted)
    assert [error.pointer for error in refused.value.errors] == ["/username", "/email"]


async def test_of_fifty_who_want_one_name_one_gets_it(here, elsewhere, database):
    name = new_account().username
    wanted = [msgspec.structs.replace(new_account(), username=name) for _ in range(50)]
    outcomes = await asyncio.gather(
        *(
            (here if number % 2 else elsewhere).services.registrations.register(NOBODY, each)
            for number, each in enumerate(wanted)
        ),
        return_exceptions=True,
    )
    (won,) = [each for each in outcomes if not isinstance(each, Exception)]
    assert [type(each) for each in outcomes if each is not won] == [UsernameTaken] * 49
    found = await rows(database, "select id from accounts.account where username = $1", name)
    assert found == [(won.id,)]


async def test_the_same_key_registers_once(here, elsewhere, database):
    wanted = new_account()
    callers = [
        msgspec.structs.replace(
            NOBODY,
            origin=Origin(
                claim=Claim(
                    scope=b"s", operation="register", key=wanted.username, request_hash=b"r"
                )
            ),
        )
        for _ in range(20)
    ]
    made = await asyncio.gather(
        *(
            (here if number % 2 else elsewhere).services.registrations.register(caller, wanted)
            for number, caller in enumerate(callers)
        )
    )
    assert len({account.id for account in made}) == 1
    assert sum(not caller.origin.claim.replayed for caller in callers) == 1
    assert await topics(database, made[0].id) == ["accounts.registered"]


@pytest.mark.parametrize(
    "password",
    ["password", "PassWord", "1234567890", "ada_lovelace", "ADA@example.org"],
)
async def test_a_password_everybody_would_guess_is_refused(here, password):
    wanted = NewAccount(username="Ada_Lovelace", email="ada@example.org", password=password)
    with pytest.raises(Invalid) as refused:
        await here.services.registrations.register(NOBODY, wanted)
    assert [error.pointer for error in refused.value.errors] == ["/password"]


async def test_a_token_works_once_for_a_day_and_only_if_it_is_one(here, post_box, database):
    account = await join(here, post_box, new_account())
    activate = here.services.registrations.activate
    (used,) = post_box.tokens(account.email)
    with pytest.raises(TokenUsed):
        await activate(NOBODY, used)
    late = await here.services.registrations.register(NOBODY, new_account())
    await here.mails.work_off()
    await change(
        database,
        "update accounts.activation set expires_at = now() where account_id = $1",
        late.id,
    )
    (expired,) = post_box.tokens(late.email)
    with pytest.raises(TokenExpired):
        await activate(NOBODY, expired)
    for foreign in ("x", used[:-1], used + "A", "é" * 20):
        with pytest.raises(TokenUnknown):
            await activate(NOBODY, foreign)
    assert len({each.kind for each in (TokenUsed, TokenExpired, TokenUnknown)}) == 1
    assert len({each.title for each in (TokenUsed, TokenExpired, TokenUnknown)}) == 1


async def test_of_many_who_activate_at_once_one_does(here, elsewhere, post_box, database):
    account = await here.services.registrations.register(NOBODY, new_account())
    await here.mails.work_off()
    (token,) = post_box.tokens(account.email)
    outcomes = await asyncio.gather(
        *(
            (here if number % 2 else elsewhere).services.registrations.activate(NOBODY, token)
            for number in range(20)
        ),
        return_exceptions=True,
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(each, TokenUsed) for each in outcomes) == 19
    assert (await topics(database, account.id)).count("accounts.activated") == 1


async def test_another_token_is_mailed_to_who_waits_for_one_and_to_nobody_else(
    here, post_box, database, ada
):
    account = await here.services.registrations.register(NOBODY, new_account())
    await here.mails.work_off()
    await change(
        database,
        "update accounts.activation set created_at = created_at - interval '2 minutes'",
    )
    before = len(post_box.letters)
    for address in (account.email.upper(), ada.email, "nobody@example.org"):
        for _ in range(3):
            await here.services.registrations.resend_activation(NOBODY, Address(email=address))
    await here.mails.work_off()
    first, second = post_box.tokens(account.email)
    assert len(post_box.letters) == before + 1
    assert first != second
    await here.services.registrations.activate(NOBODY, second)
    with pytest.raises(TokenUsed):
        await here.services.registrations.activate(NOBODY, first)


async def test_a_mailbox_is_not_flooded(here, post_box):
    account = await here.services.registrations.register(NOBODY, new_account())
    for _ in range(5):
        await here.services.registrations.resend_activation(NOBODY, Address(email=account.email))
        await here.mails.work_off()
    assert len(post_box.tokens(account.email)) == 1


async def test_a_letter_job_done_twice_sends_the_same_token(here, post_box, database):
    account = await here.services.registrations.register(NOBODY, new_account())
    (job,) = await rows(
        database, "select payload->>'activation_id' from platform.job where dead_at is null"
    )
    await here.mails.work_off()
    await change(
        database,
        "insert into platform.job (id, lane, kind, payload, due_at) values"
        " (gen_random_uuid(), 'mail', 'accounts.invite', $1, now())",
        {"activation_id": job[0]},
    )
    await here.mails.work_off()
    assert len(post_box.tokens(account.email)) == 2
    assert len(set(post_box.tokens(account.email))) == 1


async def test_an_address_nobody_can_reach_frees_the_name(here, post_box, database):
    wanted = new_account()
    post_box.refusing[wanted.email] = Hopeless("no such mailbox")
    account = await here.services.registrations.register(NOBODY, wanted)
    assert not (await here.services.registrations.availability(NOBODY, account.username)).available
    await here.mails.work_off()
    assert (await here.services.registrations.availability(NOBODY, account.username)).available
    assert await topics(database, account.id) == [
        "accounts.registered",
        "accounts.registration_undone",
    ]
    with pytest.raises(LoginFailed):
        await here.login(account.username)


async def test_who_was_reached_once_keeps_the_account_though_a_later_letter_dies(
    here, post_box, database
):
    account = await here.services.registrations.register(NOBODY, new_account())
    await here.mails.work_off()
    await change(
        database,
        "update accounts.activation set created_at = created_at - interval '2 minutes'",
    )
    post_box.refusing[account.email] = Hopeless("full")
    await here.services.registrations.resend_activation(NOBODY, Address(email=account.email))
    await here.mails.work_off()
    assert not (await here.services.registrations.availability(NOBODY, account.username)).available


async def test_an_admin_is_made_by_the_system_and_it_is_on_record(here, database):
    wanted = new_account("root")
    account = await here.services.registrations.create_admin(System(name="cli"), wanted)
    tokens = await here.services.sessions.login(
        NOBODY, Credentials(username=wanted.username, password=PASSWORD)
    )
    assert (tokens.user.role.value, tokens.user.state.value) == ("admin", "active")
    assert (await here.caller(tokens)).role.name == "ADMIN"
    assert await rows(
        database, "select actor, act from platform.audit where subject = $1", account.id
    ) == [("system:cli", "accounts.create_admin")]
