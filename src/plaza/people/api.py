"""What other contexts, and every edge, may ask of people."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from plaza.people.model import Follow, Profile, ProfileChange, Reference, Relation
from plaza.people.problems import NotOneself, PersonNotFound
from plaza.platform.caller import Caller
from plaza.platform.ids import UserId, Version
from plaza.platform.operations import May, operation
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from plaza.platform.problems import Stale


class PeopleApi(Protocol):
    @operation(may=May.USER, problems=(PersonNotFound,))
    async def get(self, caller: Caller, user: Reference) -> Profile:
        """Read what a person shows of themselves."""

    async def get_many(self, caller: Caller, user_ids: Sequence[UserId]) -> list[Profile]:
        """Those the caller may see, in the order asked; the rest are left out."""

    @operation(may=May.USER, limit="write", cost=2, problems=(Stale,))
    async def edit(self, caller: Caller, change: ProfileChange, version: Version) -> Profile:
        """Change your own profile, if it is still the version you read."""

    @operation(may=May.USER, limit="write", cost=2, problems=(PersonNotFound, NotOneself))
    async def follow(self, caller: Caller, user_id: UserId) -> None:
        """Follow a person, or go on following them."""

    @operation(may=May.USER, limit="write", cost=2, problems=(PersonNotFound, NotOneself))
    async def unfollow(self, caller: Caller, user_id: UserId) -> None:
        """Follow a person no more."""

    @operation(may=May.USER, problems=(PersonNotFound,))
    async def followers(
        self,
        caller: Caller,
        user_id: UserId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Profile]:
        """List who follows a person; who joined last comes first."""

    @operation(may=May.USER, problems=(PersonNotFound,))
    async def following(
        self,
        caller: Caller,
        user_id: UserId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Profile]:
        """List whom a person follows; who joined last comes first."""

    async def relations(
        self, caller: Caller, user_ids: Sequence[UserId]
    ) -> Mapping[UserId, Relation]:
        """What is between the caller and each of them, as it is now; strangers included."""

    async def followed_by(
        self, caller: Caller, user_ids: Sequence[UserId]
    ) -> Mapping[UserId, Sequence[UserId]]:
        """Whom each of them follows, in no order; nobody, if it is left out."""

    async def follows_of(
        self, caller: Caller, user_ids: Sequence[UserId], past: Follow | None, count: int
    ) -> list[Follow]:
        """Who follows any of them, in order: so many after `past`."""
