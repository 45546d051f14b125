"""The typed face of queries.sql; binding fails at start-up if the two disagree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from plaza.people.model import Profile
from plaza.platform.ids import UserId
from plaza.platform.sql import bind
from plaza.platform.text import Time


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


queries = bind(PeopleQueries, Path(__file__).with_name("queries.sql"))
