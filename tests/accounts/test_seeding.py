"""Made-up accounts find their place among those that are there."""

from datetime import UTC, datetime

import pytest

from plaza.accounts.seeding import MadeUpAccount, write
from plaza.platform.ids import UserId, uuid7

pytestmark = pytest.mark.anyio

JOINED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def named(*usernames):
    return [MadeUpAccount(UserId(uuid7()), each, JOINED) for each in usernames]


async def seed(database, *usernames):
    async with database.reading() as connection, connection.transaction():
        return await write(connection, named(*usernames), "a hash")


async def test_a_number_stands_behind_a_name_that_somebody_has(database):
    assert await seed(database, "ada", "bob") == ["ada", "bob"]
    assert await seed(database, "ada", "eve") == ["ada2", "eve"]
    assert await seed(database, "ada") == ["ada3"]


async def test_names_that_look_the_same_are_the_same(database):
    assert await seed(database, "zoe.rossi") == ["zoe.rossi"]
    assert await seed(database, "z0e_rossi") == ["z0e_rossi2"]


async def test_a_number_makes_no_name_that_another_newcomer_has(database):
    assert await seed(database, "mira") == ["mira"]
    assert await seed(database, "mira", "mira2") == ["mira3", "mira2"]


async def test_an_address_that_somebody_has_is_taken_too(database):
    await seed(database, "lars")
    async with database.reading() as connection:
        await connection.execute(
            "update accounts.account set skeleton = 'x' where username = 'lars'"
        )
    assert await seed(database, "lars") == ["lars2"]
