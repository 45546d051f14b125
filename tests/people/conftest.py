"""People, the accounts behind them, and the service they are seen with."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from plaza.accounts.model import AccountState, Identity
from plaza.people.reactions import PeopleReactions
from plaza.people.service import People
from plaza.platform.caches import Caches
from plaza.platform.caller import Caller, Role, User
from plaza.platform.database import Database
from plaza.platform.ids import SessionId, UserId, uuid7

JOINED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Registered:
    """Accounts of whoever is asked for: active, named after the end of their id."""

    def __init__(self) -> None:
        self.states: dict[UserId, AccountState] = {}
        self.unknown: set[UserId] = set()
        self.joined: list[UserId] = []
        self.asked = 0

    async def get_many(self, _: Caller, ids: Sequence[UserId]) -> list[Identity]:
        self.asked += 1
        return [self.identity(each) for each in ids if each not in self.unknown]

    async def named(self, _: Caller, usernames: Sequence[str]) -> list[Identity]:
        wanted = {each.lower() for each in usernames}
        return [self.identity(each) for each in self.joined if name_of(each) in wanted]

    def identity(self, user_id: UserId) -> Identity:
        return Identity(
            id=user_id,
            username=name_of(user_id),
            state=self.states.get(user_id, AccountState.ACTIVE),
            created_at=JOINED,
        )


def name_of(user_id: UserId) -> str:
    return f"p_{user_id.hex[-20:]}"


def person(role: Role = Role.USER) -> User:
    return User(
        id=UserId(uuid7()), role=role, session=SessionId(uuid7()), proved_at=datetime.now(UTC)
    )


@pytest.fixture
def accounts() -> Registered:
    return Registered()


@pytest.fixture
def people(database: Database, accounts: Registered) -> People:
    """In a process that hears of every change at once."""
    caches = Caches(seconds=60)
    database.outdating = caches.outdate
    return People(database, accounts, caches)


@pytest.fixture
def elsewhere(database: Database, accounts: Registered) -> People:
    """Another process with the same database; it remembers nothing."""
    return People(database, accounts, Caches(seconds=0))


@pytest.fixture
def reactions(database: Database) -> PeopleReactions:
    return PeopleReactions(database)


@pytest.fixture
def ada() -> User:
    return person()


@pytest.fixture
def bob() -> User:
    return person()
