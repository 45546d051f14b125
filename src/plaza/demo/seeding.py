"""How a made-up world gets into a database: all of it or nothing, and once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

import asyncpg
import msgspec

from plaza.accounts import seeding as accounts
from plaza.accounts.seeding import MadeUpAccount
from plaza.demo.rhythm import instant
from plaza.demo.world import Recipe, World
from plaza.people import seeding as people
from plaza.people.seeding import MadeUpFollow, MadeUpPerson
from plaza.platform.audit import act_of
from plaza.platform.caller import System
from plaza.platform.database import Database
from plaza.platform.sql import Connection, bind
from plaza.platform.starting import CannotStart
from plaza.posts import seeding as posts

T = TypeVar("T")

PASSWORD = "correct horse battery"  # noqa: S105  # of everybody in every demo, and told so
AT_ONCE = 1000

Advance = Callable[[int], None]
"""Hears how many people and posts more there are."""


class Seeded(Recipe, frozen=True, kw_only=True):
    """A world that is in the database; `guide` is the name of somebody worth logging in as."""

    guide: str
    follows: int
    comments: int


class DemoQueries(Protocol):
    async def wait_in_line(self) -> None: ...

    async def seeded(self, seed: int, users: int, posts_per_user: int) -> Seeded | None: ...


queries = bind(DemoQueries, Path(__file__).with_name("queries.sql"))


async def find(database: Database, seed: int, users: int, posts_per_user: int) -> Seeded | None:
    """The world of these numbers, whenever it ends, if it is there already."""
    async with database.reading("demo.find") as connection:
        return await queries(connection).seeded(seed, users, posts_per_user)


async def sow(database: Database, recipe: Recipe, password_hash: str, advance: Advance) -> Seeded:
    """Write the world of the recipe, unless one of its numbers is there by now.

    No event is announced: nobody can have read, kept or counted anything of people who come to be
    with all that they ever said. Raises CannotStart when one of their names is taken meanwhile.
    """
    world = World(recipe)
    follows = list(world.follows())  # before the transaction, which may not idle for so long
    try:
        async with database.transaction("demo.seed") as tx:
            line = queries(tx.connection)
            await line.wait_in_line()
            known = await line.seeded(recipe.seed, recipe.users, recipe.posts_per_user)
            if known is not None:
                return known
            names = await _write_people(tx.connection, world, follows, password_hash)
            advance(len(names))
            seeded = Seeded(
                **msgspec.structs.asdict(recipe),
                guide=names[world.people.index(world.guide)],
                follows=sum(map(len, follows)),
                comments=await _write_posts(tx.connection, world, advance),
            )
            told = msgspec.to_builtins(seeded)
            tx.audit(act_of(System(name="cli"), "demo.seed", datetime.now(UTC), **told))
    except asyncpg.UniqueViolationError:
        raise CannotStart(
            "Somebody took one of these names at this moment, so nothing was written: try again."
        ) from None
    return seeded


async def _write_people(
    connection: Connection,
    world: World,
    follows: Sequence[Sequence[MadeUpFollow]],
    password_hash: str,
) -> list[str]:
    """Their names as they are in the end."""
    newcomers = [
        MadeUpAccount(each.id, each.username, instant(each.joined)) for each in world.people
    ]
    names = await accounts.write(connection, newcomers, password_hash)
    profiles = [
        MadeUpPerson(
            id=person.id,
            username=name,
            display_name=person.display_name,
            bio=person.bio,
            website=person.website,
            location=person.location,
            created_at=instant(person.joined),
            follows=followed,
        )
        for person, name, followed in zip(world.people, names, follows, strict=True)
    ]
    await people.write(connection, profiles)
    return names


async def _write_posts(connection: Connection, world: World, advance: Advance) -> int:
    """How many comments came with them."""
    comments = 0
    for some in batches(world.posts(), AT_ONCE):
        await posts.write(connection, some)
        comments += sum(len(each.comments) for each in some)
        advance(len(some))
    return comments


def batches(made: Iterable[T], size: int) -> Iterator[list[T]]:
    several = iter(made)
    while batch := list(islice(several, size)):
        yield batch
