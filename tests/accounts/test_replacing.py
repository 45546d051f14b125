"""What a registration promises whose place a pending account holds."""

import asyncio

import msgspec
import pytest

from plaza.accounts.model import Address
from plaza.accounts.problems import (
    AccountPending,
    LoginFailed,
    TokenUnknown,
    TokenUsed,
    UsernameTaken,
)
from plaza.platform.caller import System
from plaza.platform.jobs import Hopeless
from tests.accounts.conftest import NOBODY, PASSWORD, join, new_account
from tests.accounts.test_registrations import change, rows, topics

pytestmark = pytest.mark.anyio

GUESSED = "mallory waits 7"


async def expire(database, account):
    await change(
        database,
        "update accounts.activation set expires_at = now() where account_id = $1",
        account.id,
    )


async def test_who_registers_anothers_address_first_gets_nothing_from_it(here, post_box, database):
    """The owner of the address activates what the owner registered, and nobody else's password."""
    wanted = new_account("victim")
    early = msgspec.structs.replace(new_account("mallory"), email=wanted.email, password=GUESSED)
    register = here.services.registrations.register
    mallorys = await register(NOBODY, early)
    await here.mails.work_off()
    account = await register(NOBODY, wanted)
    assert (account.username, account.email) == (wanted.username, wanted.email)
    await here.mails.work_off()
    old, token = post_box.tokens(wanted.email)
    with pytest.raises((TokenUsed, TokenUnknown)):
        await here.services.registrations.activate(NOBODY, old)
    with pytest.raises(AccountPending):
        await here.login(wanted.username)
    await here.services.registrations.activate(NOBODY, token)
    assert (await here.login(wanted.email)).user.id == account.id
    for name in (wanted.email, wanted.username, early.username):
        with pytest.raises(LoginFailed):
            await here.login(name, GUESSED)
    assert await topics(database, mallorys.id) == [
        "accounts.registered",
        "accounts.registration_undone",
    ]
    assert await topics(database, account.id) == ["accounts.registered", "accounts.activated"]
    assert (await here.services.registrations.availability(NOBODY, early.username)).available


async def test_the_same_name_and_address_may_be_registered_again_until_active(here, post_box):
    wanted = new_account()
    first = await here.services.registrations.register(NOBODY, wanted)
    second = await here.services.registrations.register(
        NOBODY, msgspec.structs.replace(wanted, email=wanted.email.upper(), password=GUESSED)
    )
    assert second.id != first.id
    await here.mails.work_off()
    assert post_box.tokens(first.email) == []
    (token,) = post_box.tokens(second.email)
    await here.services.registrations.activate(NOBODY, token)
    assert await here.login(wanted.email, GUESSED)


async def test_of_fifty_who_register_one_address_the_last_token_is_the_accounts(
    here, elsewhere, post_box, database
):
    email = new_account().email
    wanted = [
        msgspec.structs.replace(new_account(), email=email, password=f"{PASSWORD}{number}")
        for number in range(50)
    ]
    made = await asyncio.gather(
        *(
            (here if number % 2 else elsewhere).services.registrations.register(NOBODY, each)
            for number, each in enumerate(wanted)
        )
    )
    await here.mails.work_off()
    found = await rows(database, "select id from accounts.account where mailbox = $1", email)
    assert len(found) == 1
    (kept,) = [number for number, each in enumerate(made) if (each.id,) in found]
    await here.services.registrations.activate(NOBODY, post_box.tokens(email)[-1])
    assert (await here.login(email, wanted[kept].password)).user.id == made[kept].id
    announced = [await topics(database, each.id) for each in made]
    assert announced.pop(kept) == ["accounts.registered", "accounts.activated"]
    assert announced == [["accounts.registered", "accounts.registration_undone"]] * 49
    names = [each.username for number, each in enumerate(wanted) if number != kept]
    left = "select username from accounts.account where username = any($1)"
    assert await rows(database, left, names) == []


async def test_who_activates_while_another_registers_either_wins_or_is_told(
    here, elsewhere, post_box, database
):
    wanted = new_account()
    account = await here.services.registrations.register(NOBODY, wanted)
    await here.mails.work_off()
    (token,) = post_box.tokens(wanted.email)
    rival = msgspec.structs.replace(new_account("rival"), email=wanted.email)
    activated, registered = await asyncio.gather(
        here.services.registrations.activate(NOBODY, token),
        elsewhere.services.registrations.register(NOBODY, rival),
        return_exceptions=True,
    )
    assert isinstance(activated, Exception) != isinstance(registered, Exception)
    found = await rows(
        database, "select id, state from accounts.account where mailbox = $1", wanted.email
    )
    assert found == [(account.id, "active") if activated is None else (registered.id, "pending")]


async def test_a_name_is_held_for_a_day_by_who_does_not_activate(here, post_box, database):
    held = await here.services.registrations.register(NOBODY, new_account("squatter"))
    await here.mails.work_off()
    (late,) = post_box.tokens(held.email)
    wanted = msgspec.structs.replace(new_account(), username=held.username)
    with pytest.raises(UsernameTaken):
        await here.services.registrations.register(NOBODY, wanted)
    await expire(database, held)
    assert (await here.services.registrations.availability(NOBODY, held.username)).available
    account = await join(here, post_box, wanted)
    assert (await here.login(held.username)).user.id == account.id
    with pytest.raises(TokenUnknown):
        await here.services.registrations.activate(NOBODY, late)
    assert (await topics(database, held.id))[-1] == "accounts.registration_undone"


async def test_an_active_account_keeps_its_name_though_its_token_is_old(here, ada, database):
    await expire(database, ada)
    with pytest.raises(UsernameTaken):
        await here.services.registrations.register(
            NOBODY, msgspec.structs.replace(new_account(), username=ada.username)
        )


async def test_a_refused_name_leaves_the_pending_account_as_it_was(here, ada, post_box, database):
    waiting = await here.services.registrations.register(NOBODY, new_account())
    await here.mails.work_off()
    with pytest.raises(UsernameTaken) as refused:
        await here.services.registrations.register(
            NOBODY,
            msgspec.structs.replace(new_account(), username=ada.username, email=waiting.email),
        )
    assert [error.pointer for error in refused.value.errors] == ["/username"]
    assert await topics(database, waiting.id) == ["accounts.registered"]
    (token,) = post_box.tokens(waiting.email)
    await here.services.registrations.activate(NOBODY, token)


async def test_a_letter_of_a_replaced_account_that_dies_leaves_its_heir_alone(here, post_box):
    wanted = new_account()

    send = post_box.send

    async def meanwhile(_mail):
        """While the first letter is under way, another one registers."""
        post_box.send = send
        await here.services.registrations.register(NOBODY, wanted)
        raise Hopeless("no such mailbox")

    post_box.send = meanwhile
    await here.services.registrations.register(NOBODY, wanted)
    await here.mails.work_off()
    (token,) = post_box.tokens(wanted.email)
    await here.services.registrations.activate(NOBODY, token)


async def test_a_mailbox_gets_ten_letters_a_day_however_often_it_is_registered(here, post_box):
    wanted = new_account()
    for _ in range(13):
        await here.services.registrations.register(NOBODY, wanted)
        await here.mails.work_off()
    await here.services.registrations.resend_activation(NOBODY, Address(email=wanted.email))
    await here.mails.work_off()
    assert len(post_box.tokens(wanted.email)) == 10


async def test_an_admin_takes_the_place_of_who_waits(here):
    wanted = new_account("root")
    await here.services.registrations.register(
        NOBODY, msgspec.structs.replace(wanted, password=GUESSED)
    )
    admin = await here.services.registrations.create_admin(System(name="cli"), wanted)
    assert (await here.login(wanted.email)).user.id == admin.id
