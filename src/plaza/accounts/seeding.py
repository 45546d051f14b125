"""Made-up accounts, many at once; for a command, never for a client."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from msgspec import Struct

from plaza.accounts.model import AccountRole, AccountState, mailbox, skeleton
from plaza.accounts.queries import queries
from plaza.platform.ids import UserId
from plaza.platform.sql import Connection

DOMAIN = "demo.plaza.example"
"""Nobody's, for ever (RFC 2606)."""

COLUMNS = (
    "id",
    "username",
    "skeleton",
    "email",
    "mailbox",
    "password_hash",
    "role",
    "state",
    "created_at",
)


class MadeUpAccount(Struct, frozen=True):
    id: UserId
    username: str
    created_at: datetime


async def write(
    connection: Connection, accounts: Sequence[MadeUpAccount], password_hash: str
) -> list[str]:
    """The name each has got: a number stands behind a name that somebody has already.

    All are active. No two of `accounts` have names that look the same.
    """
    names = await _free(connection, [each.username for each in accounts])
    rows = (
        (
            each.id,
            name,
            skeleton(name),
            _address(name),
            mailbox(_address(name)),
            password_hash,
            AccountRole.USER.value,
            AccountState.ACTIVE.value,
            each.created_at,
        )
        for each, name in zip(accounts, names, strict=True)
    )
    await connection.copy_records_to_table(
        "account", schema_name="accounts", columns=COLUMNS, records=rows
    )
    return names


async def _free(connection: Connection, wanted: Sequence[str]) -> list[str]:
    """For each its name, or the first with a number behind it that nobody has."""
    names, ours = list(wanted), {skeleton(name) for name in wanted}
    waiting: Sequence[int] = range(len(names))
    while waiting:
        asked = [names[place] for place in waiting]
        held = set(
            await queries(connection).held(
                [skeleton(name) for name in asked], [mailbox(_address(name)) for name in asked]
            )
        )
        waiting = [
            place
            for place in waiting
            if held & {skeleton(names[place]), mailbox(_address(names[place]))}
        ]
        for place in waiting:
            numbered = (f"{wanted[place]}{number}" for number in count(2))
            names[place] = next(name for name in numbered if skeleton(name) not in ours)
            ours.add(skeleton(names[place]))
    return names


def _address(name: str) -> str:
    return f"{name}@{DOMAIN}"
