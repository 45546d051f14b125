"""The verbs. One method is one decision is one transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from plaza.accounts.api.accounts import AccountsApi
from plaza.accounts.model import AccountState, Identity
from plaza.people.events import PROFILE, Followed, ProfileEdited, Unfollowed
from plaza.people.model import (
    ONESELF,
    STRANGER,
    Follow,
    Profile,
    ProfileChange,
    Reference,
    Relation,
    Standing,
)
from plaza.people.problems import NotOneself, PersonNotFound
from plaza.people.queries import queries
from plaza.platform.caches import Caches
from plaza.platform.caller import Anonymous, Caller, System
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import FIRST_ID, UserId, Version
from plaza.platform.loader import Loader
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page, after, cursor_of
from plaza.platform.problems import LoginRequired, Stale

PEOPLE = System(name="people")
NO_FOLLOW = Follow(followed_id=UserId(FIRST_ID), follower_id=UserId(FIRST_ID))
"""Before all there are."""
Pair = tuple[UserId, UserId]
"""Who looks, and at whom."""


class People:
    def __init__(self, database: Database, accounts: AccountsApi, caches: Caches) -> None:
        self._database = database
        self._accounts = accounts
        self._known = caches.loader(PROFILE, self._find, size=20_000)
        self._between: Loader[Pair, Relation] = Loader(self._find_relations, ttl=0, size=0)

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
        known = await self._known.truth([user_id])
        if not known:
            raise LoginRequired

        async def decide(tx: Transaction) -> Profile:
            (profile,) = await _locked(tx, list(known.values()))
            if profile.version != version:
                raise Stale(version=profile.version)
            edited = await _replace(tx, _changed(profile, change))
            tx.announce(
                ProfileEdited(
                    user_id=user_id, version=edited.version, occurred_at=datetime.now(UTC)
                )
            )
            return edited

        return await self._database.decide("people.edit", decide)

    async def follow(self, caller: Caller, user_id: UserId) -> None:
        known = await self._pair(caller, user_id)

        async def decide(tx: Transaction) -> None:
            now = datetime.now(UTC)
            await _locked(tx, known)
            if await queries(tx.connection).follow(caller.user_id, user_id, now):
                tx.announce(
                    Followed(follower_id=caller.user_id, followed_id=user_id, occurred_at=now)
                )

        await self._database.decide("people.follow", decide)

    async def unfollow(self, caller: Caller, user_id: UserId) -> None:
        known = await self._pair(caller, user_id)

        async def decide(tx: Transaction) -> None:
            now = datetime.now(UTC)
            await _locked(tx, known)
            if await queries(tx.connection).unfollow(caller.user_id, user_id):
                tx.announce(
                    Unfollowed(follower_id=caller.user_id, followed_id=user_id, occurred_at=now)
                )

        await self._database.decide("people.unfollow", decide)

    async def followers(
        self,
        caller: Caller,
        user_id: UserId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Profile]:
        before = await self._before(user_id, cursor)
        async with self._database.reading("people.followers") as connection:
            ids = await queries(connection).follower_ids(user_id, before, limit + 1)
        return await self._page(caller, ids, limit)

    async def following(
        self,
        caller: Caller,
        user_id: UserId,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
    ) -> Page[Profile]:
        before = await self._before(user_id, cursor)
        async with self._database.reading("people.following") as connection:
            ids = await queries(connection).following_ids(user_id, before, limit + 1)
        return await self._page(caller, ids, limit)

    async def relations(
        self, caller: Caller, user_ids: Sequence[UserId]
    ) -> Mapping[UserId, Relation]:
        if isinstance(caller, Anonymous):
            return dict.fromkeys(user_ids, STRANGER)
        viewer_id = caller.user_id
        others = [user_id for user_id in user_ids if user_id != viewer_id]
        found: dict[UserId, Relation] = {viewer_id: ONESELF}
        if others:
            between = await self._between.get_many((viewer_id, other) for other in others)
            found |= {user_id: relation for (_, user_id), relation in between.items()}
        return found

    async def followed_by(
        self,
        caller: Caller,  # noqa: ARG002
        user_ids: Sequence[UserId],
    ) -> Mapping[UserId, Sequence[UserId]]:
        async with self._database.reading("people.followed_by") as connection:
            found = await queries(connection).followed_by(user_ids)
        return {each.follower_id: each.followed_ids for each in found}

    async def follows_of(
        self,
        caller: Caller,  # noqa: ARG002
        user_ids: Sequence[UserId],
        past: Follow | None,
        count: int,
    ) -> list[Follow]:
        past = past or NO_FOLLOW
        async with self._database.reading("people.follows_of") as connection:
            return await queries(connection).follows_of(
                user_ids, past.followed_id, past.follower_id, count
            )

    async def _pair(self, caller: Caller, user_id: UserId) -> list[Profile]:
        """The caller and another one, both active."""
        if user_id == caller.user_id:
            raise NotOneself
        known = await self._known.truth([caller.user_id, user_id])
        if caller.user_id not in known:
            raise LoginRequired
        if user_id not in known:
            raise PersonNotFound
        return list(known.values())

    async def _before(self, user_id: UserId, cursor: Cursor | None) -> UserId | None:
        """Where a list of somebody goes on."""
        if await self._known.get(user_id) is None:
            raise PersonNotFound
        before = after(cursor)
        return None if before is None else UserId(before)

    async def _page(self, caller: Caller, ids: Sequence[UserId], limit: int) -> Page[Profile]:
        shown = ids[:limit]
        return Page(
            items=await self.get_many(caller, shown),
            next_cursor=cursor_of(shown[-1]) if len(ids) > limit else None,
        )

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

    async def _find_relations(self, pairs: Sequence[Pair]) -> Mapping[Pair, Relation]:
        async with self._database.reading("people.relations") as connection:
            found = await queries(connection).between(*zip(*pairs, strict=True))
        return {
            (each.viewer_id, each.user_id): Relation(
                oneself=False, follows=each.follows, followed_by=each.followed_by
            )
            for each in found
        }


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
