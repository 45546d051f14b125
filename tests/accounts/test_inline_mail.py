"""Where registrations wait for their letters: no letter, no account."""

import asyncio

import msgspec
import pytest

from plaza.platform.caller import Claim, Origin
from plaza.platform.jobs import Hopeless
from plaza.platform.problems import Unavailable
from tests.accounts.conftest import NOBODY, new_account, node
from tests.accounts.test_registrations import change, rows, topics

pytestmark = pytest.mark.anyio


@pytest.fixture
def inline(database, post_box, keys):
    made = node(database, post_box, keys, inline_mail=True)
    yield made
    made.services.passwords.close()


def keyed(key):
    claim = Claim(scope=b"s", operation="register", key=key, request_hash=b"r")
    return msgspec.structs.replace(NOBODY, origin=Origin(claim=claim))


async def jobs_of(database, account_id):
    return await rows(
        database,
        "select 1 from platform.job where payload->>'activation_id' in"
        " (select id::text from accounts.activation where account_id = $1)",
        account_id,
    )


async def test_the_answer_comes_after_the_letter(inline, post_box, database):
    account = await inline.services.registrations.register(NOBODY, new_account())
    (token,) = post_box.tokens(account.email)
    assert await jobs_of(database, account.id) == []
    await inline.services.registrations.activate(NOBODY, token)
    assert (await inline.login(account.username)).user.id == account.id


@pytest.mark.parametrize(
    "failure", [Hopeless("no such mailbox"), OSError("no way"), TimeoutError()]
)
async def test_a_letter_that_fails_leaves_nothing_behind(inline, post_box, database, failure):
    wanted = new_account()
    post_box.refusing[wanted.email] = failure
    before = await rows(database, "select count(*) from platform.job")
    with pytest.raises(Unavailable):
        await inline.services.registrations.register(NOBODY, wanted)
    assert (await inline.services.registrations.availability(NOBODY, wanted.username)).available
    assert await rows(database, "select count(*) from platform.job") == before
    (undone,) = await rows(
        database,
        "select key from platform.outbox where topic = 'accounts.registration_undone'"
        " order by seq desc limit 1",
    )
    assert (await topics(database, undone[0]))[0] == "accounts.registered"
    post_box.refusing.clear()
    account = await inline.services.registrations.register(NOBODY, wanted)
    assert len(post_box.tokens(account.email)) == 1


async def test_the_key_of_a_failed_registration_may_be_used_again(inline, post_box):
    wanted = new_account()
    post_box.refusing[wanted.email] = OSError("no way")
    with pytest.raises(Unavailable):
        await inline.services.registrations.register(keyed(wanted.username), wanted)
    post_box.refusing.clear()
    again = keyed(wanted.username)
    account = await inline.services.registrations.register(again, wanted)
    assert not again.origin.claim.replayed
    repeated = keyed(wanted.username)
    assert await inline.services.registrations.register(repeated, wanted) == account
    assert repeated.origin.claim.replayed
    assert len(post_box.tokens(account.email)) == 1


async def test_a_process_that_dies_while_it_waits_leaves_the_letter_to_the_job(
    inline, post_box, database
):
    wanted, begun = new_account(), asyncio.Event()

    async def send(_mail):
        begun.set()
        await asyncio.Event().wait()

    post_box.send, sending = send, post_box.send
    task = asyncio.create_task(inline.services.registrations.register(NOBODY, wanted))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    post_box.send = sending
    await inline.mails.work_off()
    assert post_box.tokens(wanted.email) == []
    await change(database, "update platform.job set due_at = now() where dead_at is null")
    await inline.mails.work_off()
    (token,) = post_box.tokens(wanted.email)
    await inline.services.registrations.activate(NOBODY, token)


async def test_otherwise_nobody_waits(here, post_box):
    wanted = new_account()
    post_box.refusing[wanted.email] = OSError("no way")
    assert (await here.services.registrations.register(NOBODY, wanted)).state.value == "pending"
