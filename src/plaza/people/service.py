"""The verbs. One method is one decision is one transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from plaza.accounts.api.accounts import AccountsApi
from plaza.accounts.model import AccountState, Identity
from plaza.people.events import ProfileEdited
from plaza.people.model import Profile, ProfileChange, Reference, Standing
from plaza.people.problems import PersonNotFound
from plaza.people.queries import queries
from plaza.platform.caller import Caller, System
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import UserId, Version
from plaza.platform.loader import Loader
from plaza.platform.problems import LoginRequired, Stale

PEOPLE = System(name="people")


class People:
    def __init__(self, database: Database, accounts: AccountsApi, *, cache_seconds: float) -> None:
        """`cache_seconds` is how long a profile may be answered from this process's memory."""
        self._database = database
        self._accounts = accounts
        self._known: Loader[UserId, Profile] = Loader(self._find, ttl=cache_seconds, size=20_000)

    async def get(self, caller: Caller, user: Reference) -> Profile:  # noqa: ARG002
        user_id = await self._meant(user)
        profile = None if user_id is None else await self._known.get(user_id)
        if profile is None:
            raise PersonNotFound
        return profile

    async def get_many(self, caller: Caller, user_ids: Sequence[UserId]) -> list[Profile]:  # noqa: ARG002
        found = await self._known.get_many(user_ids)
        return [found[user_id] for user_id in user_ids if user_id in found]

    async def edit(self, caller: Caller, change: ProfileChange, version: Version) -> Profile:
        user_id = caller.user_id
        known = await self._known.get(user_id)
        if known is None:
            raise LoginRequired

        async def decide(tx: Transaction) -> Profile:
            (profile,) = await _locked(tx, [known])
            if profile.version != version:
                raise Stale(version=profile.version)
            edited = await _replace(tx, _changed(profile, change))
            tx.announce(
                ProfileEdited(
                    user_id=user_id, version=edited.version, occurred_at=datetime.now(UTC)
                )
            )
            return edited

        try:
            return await self._database.decide("people.edit", decide)
        finally:
            self._known.invalidate([user_id])

    async def _meant(self, user: Reference) -> UserId | None:
        """Names are the accounts' own: they know at once who has one."""
        if user.startswith("@"):
            for each in await self._accounts.named(PEOPLE, [user[1:]]):
                return each.id
            return None
        try:
            return UserId(UUID(user))
        except ValueError:
            return None

    async def _find(self, user_ids: Sequence[UserId]) -> Mapping[UserId, Profile]:
        """Of whom nothing was heard here yet, what accounts know."""
        async with self._database.reading("people.find") as connection:
            found = {each.id: each for each in await queries(connection).find(user_ids)}
        missing = [user_id for user_id in user_ids if user_id not in found]
        if missing:
            new = await self._accounts.get_many(PEOPLE, missing)
            found |= {each.id: _default(each) for each in new if each.state is AccountState.ACTIVE}
        return found


async def _locked(tx: Transaction, people: Sequence[Profile]) -> list[Profile]:
    """As they are now, in the order of their ids; made first where nothing was heard yet."""
    people = sorted(people, key=lambda each: each.id)
    ids = [each.id for each in people]
    found = await queries(tx.connection).lock(ids)
    if len(found) < len(ids):
        await queries(tx.connection).learn(
            ids,
            [each.username for each in people],
            [Standing.ACTIVE.value] * len(ids),
            [each.created_at for each in people],
        )
        found = await queries(tx.connection).lock(ids)
    if len(found) < len(ids):
        raise PersonNotFound
    return found


async def _replace(tx: Transaction, profile: Profile) -> Profile:
    return await queries(tx.connection).update(
        user_id=profile.id,
        display_name=profile.display_name,
        bio=profile.bio,
        website=profile.website,
        location=profile.location,
    )


def _default(account: Identity) -> Profile:
    return Profile(
        id=account.id,
        username=account.username,
        display_name=None,
        bio=None,
        website=None,
        location=None,
        follower_count=0,
        following_count=0,
        version=1,
        created_at=account.created_at,
    )


def _changed(profile: Profile, change: ProfileChange) -> Profile:
    names = ProfileChange.__struct_fields__
    given = {name: v for name in names if (v := getattr(change, name)) is not UNSET}
    return msgspec.structs.replace(profile, **given)
