"""People who post, and the service they post with."""

import pytest

from plaza.people.service import People
from plaza.platform.caller import Role, User
from plaza.platform.database import Database
from plaza.posts.service import Posts
from tests.people.conftest import Registered, person


@pytest.fixture
def people(database: Database) -> People:
    """Everybody has an account."""
    return People(database, Registered(), cache_seconds=60)


@pytest.fixture
def posts(database: Database, people: People) -> Posts:
    return Posts(database, people, cache_seconds=60)


@pytest.fixture
def elsewhere(database: Database, people: People) -> Posts:
    """Another process with the same database; it remembers nothing."""
    return Posts(database, people, cache_seconds=0)


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
