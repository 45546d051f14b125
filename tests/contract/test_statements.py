"""Every statement is one that the migrated database understands."""

import pytest

from plaza.platform.sql import PACKAGE, statements

pytestmark = pytest.mark.anyio

STATEMENTS = [
    pytest.param(sql, id=f"{file.relative_to(PACKAGE).with_suffix('')}:{name}")
    for file, name, sql in statements()
]


def test_there_are_statements_of_contexts_and_of_the_platform():
    folders = {case.id.split("/")[0] for case in STATEMENTS}
    assert {"platform", "posts"} <= folders


@pytest.mark.parametrize("sql", STATEMENTS)
async def test_it_can_be_prepared(database, sql):
    async with database.reading() as connection:
        await connection.prepare(sql)
