"""What profiles promise, told without any protocol."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest

from plaza.accounts.events import AccountActivated, AccountRegistered, RegistrationUndone
from plaza.accounts.model import AccountState
from plaza.people.model import ProfileChange
from plaza.people.problems import PersonNotFound
from plaza.platform.caller import Anonymous
from plaza.platform.problems import LoginRequired, Stale
from tests.people.conftest import JOINED, name_of, person

pytestmark = pytest.mark.anyio


def told(event, user_id, minutes=0):
    return event(
        account_id=user_id,
        username=name_of(user_id),
        occurred_at=JOINED + timedelta(minutes=minutes),
    )


async def kept(database, user_id):
    async with database.reading() as connection:
        row = await connection.fetchrow(
            "select username, state, created_at from people.profile where id = $1", user_id
        )
    return None if row is None else tuple(row)


async def test_who_has_no_account_has_no_profile(people, accounts, ada):
    accounts.unknown.add(ada.id)
    for reference in (str(ada.id), "@nobody", "nobody", "-", "0" * 36):
        with pytest.raises(PersonNotFound):
            await people.get(person(), reference)
    assert await people.get_many(person(), [ada.id]) == []
    with pytest.raises(LoginRequired):
        await people.edit(ada, ProfileChange(bio="x"), 1)
    with pytest.raises(LoginRequired):
        await people.edit(Anonymous(), ProfileChange(bio="x"), 1)


@pytest.mark.parametrize("state", [s for s in AccountState if s is not AccountState.ACTIVE])
async def test_who_is_not_active_is_not_seen_and_is_from_the_moment_they_are(
    people, accounts, ada, bob, state
):
    accounts.states[ada.id] = state
    with pytest.raises(PersonNotFound):
        await people.get(bob, str(ada.id))
    accounts.states[ada.id] = AccountState.ACTIVE
    assert (await people.get(bob, str(ada.id))).id == ada.id


async def test_before_anything_was_heard_a_profile_has_defaults(people, database, ada, bob):
    profile = await people.get(bob, str(ada.id))
    assert (profile.id, profile.username, profile.created_at) == (ada.id, name_of(ada.id), JOINED)
    assert (profile.display_name, profile.bio, profile.website, profile.location) == (None,) * 4
    assert (profile.follower_count, profile.following_count, profile.version) == (0, 0, 1)
    assert await kept(database, ada.id) is None


async def test_a_profile_is_found_by_its_id_and_by_its_name(people, accounts, ada, bob):
    accounts.joined.append(ada.id)
    by_id = await people.get(bob, str(ada.id))
    assert await people.get(bob, f"@{name_of(ada.id)}") == by_id
    assert await people.get(bob, f"@{name_of(ada.id).upper()}") == by_id
    assert await people.get(ada, str(ada.id).upper()) == by_id


async def test_many_are_given_in_the_order_asked(people, accounts, ada, bob):
    carol = person()
    accounts.unknown.add(carol.id)
    found = await people.get_many(ada, [bob.id, carol.id, ada.id])
    assert [each.id for each in found] == [bob.id, ada.id]


async def test_an_edit_keeps_what_is_left_out_and_takes_away_what_is_null(
    people, elsewhere, ada, bob
):
    first = await people.edit(ada, ProfileChange(display_name="Ada", bio="Numbers."), 1)
    assert (first.display_name, first.bio, first.version) == ("Ada", "Numbers.", 2)
    change = ProfileChange(bio=None, website="https://ada.example", location="London")
    second = await people.edit(ada, change, 2)
    assert (second.display_name, second.bio, second.version) == ("Ada", None, 3)
    assert (second.website, second.location) == ("https://ada.example", "London")
    assert await people.get(bob, str(ada.id)) == await elsewhere.get(bob, str(ada.id)) == second


async def test_a_decision_reads_the_truth_whatever_is_remembered(
    people, elsewhere, database, accounts, ada, bob
):
    for each in (ada, bob):
        await people.get(ada, str(each.id))
    database.outdating = lambda _: None
    await elsewhere.edit(ada, ProfileChange(bio="x"), 1)
    accounts.unknown.add(bob.id)
    assert (await people.get(ada, str(bob.id))).id == bob.id, "he is remembered"
    with pytest.raises(Stale):
        await people.edit(ada, ProfileChange(bio="y"), 1)
    with pytest.raises(PersonNotFound):
        await people.follow(ada, bob.id)
    with pytest.raises(LoginRequired):
        await people.edit(bob, ProfileChange(bio="y"), 1)


async def test_of_many_edits_of_one_version_one_wins_and_the_others_learn_the_current(
    people, elsewhere, ada
):
    results = await asyncio.gather(
        *(
            service.edit(ada, ProfileChange(bio=str(number)), 1)
            for number in range(4)
            for service in (people, elsewhere)
        ),
        return_exceptions=True,
    )
    (won,) = [each for each in results if not isinstance(each, Exception)]
    lost = [each for each in results if isinstance(each, Exception)]
    assert [type(each) for each in lost] == [Stale] * 7
    assert {each.facts["version"] for each in lost} == {2}
    assert await elsewhere.get(ada, str(ada.id)) == won


async def test_an_edit_announces_itself_and_a_refused_one_nothing(people, database, ada):
    await people.edit(ada, ProfileChange(bio="x"), 1)
    with pytest.raises(Stale):
        await people.edit(ada, ProfileChange(bio="y"), 1)
    async with database.reading() as connection:
        rows = await connection.fetch("select topic from platform.outbox where key = $1", ada.id)
    assert [row["topic"] for row in rows] == ["people.profile_edited"]


async def test_a_profile_is_made_by_a_registration(people, accounts, reactions, ada, bob):
    accounts.states[ada.id] = AccountState.PENDING
    await reactions.on_registered([told(AccountRegistered, ada.id)])
    with pytest.raises(PersonNotFound):
        await people.get(bob, str(ada.id))
    await reactions.on_registered([told(AccountActivated, ada.id, 5)])
    asked = accounts.asked
    profile = await people.get(bob, str(ada.id))
    assert (profile.username, profile.created_at) == (name_of(ada.id), JOINED)
    assert accounts.asked == asked


@pytest.mark.parametrize("batches", [1, 2, 3])
async def test_whatever_the_order_and_however_often_the_end_is_the_same(
    reactions, database, batches
):
    for first, second in permutations((AccountRegistered, AccountActivated)):
        ada, bob = person().id, person().id
        events = [
            told(first, ada, first is AccountActivated),
            told(RegistrationUndone, bob, 9),
            told(second, ada, second is AccountActivated),
            told(AccountRegistered, bob),
        ]
        for _ in range(2):
            for start in range(batches):
                await reactions.on_registered(events[start::batches])
        assert await kept(database, ada) == (name_of(ada), "active", JOINED)
        assert (await kept(database, bob))[:2] == (name_of(bob), "gone")


async def test_what_was_edited_outlives_what_is_told_again(people, elsewhere, reactions, ada):
    edited = await people.edit(ada, ProfileChange(bio="mine"), 1)
    await reactions.on_registered([told(AccountRegistered, ada.id), told(AccountActivated, ada.id)])
    assert await elsewhere.get(ada, str(ada.id)) == edited


async def test_two_who_are_told_of_the_same_do_not_block_each_other(database, reactions):
    users = [person().id for _ in range(40)]
    events = [told(AccountRegistered, user_id) for user_id in users]
    await asyncio.gather(*(reactions.on_registered(events[::step]) for step in (1, -1) * 10))
    assert [await kept(database, user_id) is not None for user_id in users] == [True] * 40
