"""People who post, and the service they post with."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from plaza.platform.caller import Role, User
from plaza.platform.database import Database
from plaza.platform.ids import SessionId, UserId
from plaza.posts.service import Posts


def person(role: Role = Role.USER) -> User:
    return User(
        id=UserId(uuid4()), role=role, session=SessionId(uuid4()), proved_at=datetime.now(UTC)
    )


@pytest.fixture
def posts(database: Database) -> Posts:
    return Posts(database, cache_seconds=60)


@pytest.fixture
def elsewhere(database: Database) -> Posts:
    """Another process with the same database; it remembers nothing."""
    return Posts(database, cache_seconds=0)


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
