"""People who post, and the service they post with."""

import pytest

from plaza.people.service import People
from plaza.platform.caches import Caches
from plaza.platform.caller import Role, User
from plaza.platform.database import Database
from plaza.posts.service import Posts
from tests.people.conftest import Registered, person


@pytest.fixture
def caches(database: Database) -> Caches:
    """Of a process that hears of every change at once."""
    caches = Caches(seconds=60)
    database.outdating = caches.outdate
    return caches


@pytest.fixture
def people(database: Database, caches: Caches) -> People:
    """Everybody has an account."""
    return People(database, Registered(), caches)


@pytest.fixture
def posts(database: Database, people: People, caches: Caches) -> Posts:
    return Posts(database, people, caches)


@pytest.fixture
def elsewhere(database: Database, people: People) -> Posts:
    """Another process with the same database; it remembers nothing."""
    return Posts(database, people, Caches(seconds=0))


@pytest.fixture
def ada() -> User:
    return person()


@pytest.fixture
def bob() -> User:
    return person()


@pytest.fixture
def moderator() -> User:
    return person(Role.MODERATOR)


@pytest.fixture
def admin() -> User:
    return person(Role.ADMIN)
