"""What is left over is removed, and nothing that somebody may still need."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from plaza.accounts.problems import TokenUnknown, TokenUsed
from plaza.accounts.service.sweeping import TOLD_FOR, Sweeping
from plaza.platform.sweeping import sweep as swept
from tests.accounts.conftest import NOBODY, new_account
from tests.accounts.test_registrations import change, rows, topics

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


async def sweep(database, later=timedelta()):
    """As if so much time had passed."""
    for broom in Sweeping(database).brooms.values():
        await swept(broom)(datetime.now(UTC) + later)


async def lose_the_letter(database, account):
    await change(
        database,
        "delete from platform.job where payload->>'activation_id' in"
        " (select id::text from accounts.activation where account_id = $1)",
        account.id,
    )


async def free(here, account):
    return (await here.services.registrations.availability(NOBODY, account.username)).available


async def exists(database, account):
    return await rows(database, "select 1 from accounts.account where id = $1", account.id)


async def test_a_registration_whose_job_is_lost_is_undone_when_no_letter_can_come(here, database):
    account = await here.services.registrations.register(NOBODY, new_account())
    await lose_the_letter(database, account)
    await sweep(database)
    assert await exists(database, account)
    await sweep(database, DAY + timedelta(minutes=1))
    assert not await exists(database, account)
    assert await free(here, account)
    assert await topics(database, account.id) == [
        "accounts.registered",
        "accounts.registration_undone",
    ]
    await sweep(database, 2 * DAY)
    assert len(await topics(database, account.id)) == 2


async def test_who_was_written_to_or_is_active_is_left_alone(here, database, ada):
    account = await here.services.registrations.register(NOBODY, new_account())
    await here.mails.work_off()
    await sweep(database, 2 * TOLD_FOR)
    assert await exists(database, account)
    assert await exists(database, ada)


async def test_two_who_sweep_at_once_undo_it_once(here, database):
    account = await here.services.registrations.register(NOBODY, new_account())
    await lose_the_letter(database, account)
    later = datetime.now(UTC) + 2 * DAY
    removed = await asyncio.gather(*(Sweeping(database).unreached(later, 500) for _ in range(4)))
    assert sorted(removed) == [0, 0, 0, 1]
    assert (await topics(database, account.id)).count("accounts.registration_undone") == 1


async def test_an_old_token_is_told_from_an_unknown_one_for_a_month(here, post_box, database, ada):
    (token,) = post_box.tokens(ada.email)
    await sweep(database, TOLD_FOR)
    with pytest.raises(TokenUsed):
        await here.services.registrations.activate(NOBODY, token)
    await sweep(database, TOLD_FOR + 2 * DAY)
    with pytest.raises(TokenUnknown):
        await here.services.registrations.activate(NOBODY, token)


async def test_refresh_tokens_stay_until_they_expire(here, database, ada):
    await here.login(ada.username)
    count = "select count(*) from accounts.refresh join accounts.session on session_id = id"
    mine = f"{count} where account_id = $1"
    await sweep(database)
    assert await rows(database, mine, ada.id) == [(1,)]
    await sweep(database, timedelta(days=31))
    assert await rows(database, mine, ada.id) == [(0,)]
