"""The typed face of queries.sql; binding fails at start-up if the two disagree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from plaza.people.model import Follow, Profile
from plaza.platform.ids import UserId
from plaza.platform.sql import bind
from plaza.platform.text import Time


class Between(Struct, frozen=True):
    viewer_id: UserId
    user_id: UserId
    follows: bool
    followed_by: bool


class Following(Struct, frozen=True):
    """Whom one follows, in a row: there may be thousands."""

    follower_id: UserId
    followed_ids: list[UserId]


class PeopleQueries(Protocol):
    async def find(self, user_ids: Sequence[UserId]) -> list[Profile]: ...

    async def learn(
        self,
        ids: Sequence[UserId],
        usernames: Sequence[str],
        states: Sequence[str],
        created_ats: Sequence[Time],
    ) -> None:
        """An id may be there once."""

    async def lock(self, user_ids: Sequence[UserId]) -> list[Profile]: ...

    async def update(
        self,
        *,
        user_id: UserId,
        display_name: str | None,
        bio: str | None,
        website: str | None,
        location: str | None,
    ) -> Profile: ...

    async def follow(
        self, follower_id: UserId, followed_id: UserId, created_at: Time
    ) -> list[UserId]:
        """Nothing where it was so."""

    async def unfollow(self, follower_id: UserId, followed_id: UserId) -> list[UserId]:
        """Nothing where it was so."""

    async def follower_ids(
        self, user_id: UserId, before: UserId | None, count: int
    ) -> list[UserId]: ...

    async def following_ids(
        self, user_id: UserId, before: UserId | None, count: int
    ) -> list[UserId]: ...

    async def followed_by(self, user_ids: Sequence[UserId]) -> list[Following]: ...

    async def follows_of(
        self,
        user_ids: Sequence[UserId],
        past_followed_id: UserId,
        past_follower_id: UserId,
        count: int,
    ) -> list[Follow]: ...

    async def between(
        self, viewer_ids: Sequence[UserId], user_ids: Sequence[UserId]
    ) -> list[Between]: ...


queries = bind(PeopleQueries, Path(__file__).with_name("queries.sql"))
