"""What other contexts, and every edge, may ask of people."""

from collections.abc import Sequence
from typing import Protocol

from plaza.people.model import Profile, ProfileChange, Reference
from plaza.people.problems import PersonNotFound
from plaza.platform.caller import Caller
from plaza.platform.ids import UserId, Version
from plaza.platform.operations import May, operation
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
