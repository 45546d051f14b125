"""`plaza seed`: people, posts and comments to look at."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import Progress

from plaza.app.services import accounts_in
from plaza.commands.database import the_database
from plaza.demo import seeding
from plaza.demo.seeding import PASSWORD, Advance, Seeded
from plaza.demo.world import Recipe
from plaza.platform import migrations
from plaza.platform.database import Database
from plaza.platform.pool import open_pool
from plaza.platform.problems import Problem
from plaza.platform.starting import CannotStart
from plaza.settings import Settings, load

MOST_USERS = 100_000
MOST_POSTS = 10_000_000
LARGEST_SEED = 2**31 - 1
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
STATEMENT_SECONDS = 3600.0
"""For one COPY, and for waiting behind another seed."""

InProduction = Annotated[bool, Parameter(negative="")]


def seed(
    *,
    users: int = 1_000,
    posts_per_user: int = 20,
    seed: int = 1,
    until: str | None = None,
    in_production: InProduction = False,
) -> None:
    """Fill the database with made-up people who know each other and have much to say.

    Parameters
    ----------
    users
        How many people.
    posts_per_user
        How many posts each writes, on average.
    seed
        Another number makes other people; the same numbers, with the same --until, the same ones.
    until
        When their story ends (RFC 3339); now by default.
    in_production
        Do it in production too, although everybody knows these people's password.
    """
    settings = load()
    if settings.environment == "production" and not in_production:
        raise CannotStart(
            "This is production, and the password of made-up people is known to everybody: "
            "say --in-production if you mean it."
        )
    recipe = _recipe(users, posts_per_user, seed, until)
    with the_database(settings) as dsn:
        migrations.up(dsn)  # as `plaza serve` does: it may not have been started yet
        with _progress(recipe) as advance:
            made, seeded = asyncio.run(_seed(dsn, settings, recipe, advance))
    print(_told(seeded, made=made))


def _recipe(users: int, posts_per_user: int, seed: int, until: str | None) -> Recipe:
    """Raises CannotStart for what nobody can mean."""
    if not 1 <= users <= MOST_USERS:
        raise CannotStart(f"--users is a number from 1 to {MOST_USERS:,}.")
    if posts_per_user < 0 or users * posts_per_user > MOST_POSTS:
        raise CannotStart(
            f"--posts-per-user is 0 or more, and at most {MOST_POSTS:,} posts in all."
        )
    if not 0 <= seed <= LARGEST_SEED:
        raise CannotStart(f"--seed is a number from 0 to {LARGEST_SEED:,}.")
    return Recipe(
        seed=seed,
        users=users,
        posts_per_user=posts_per_user,
        until=datetime.now(UTC) if until is None else _instant(until),
    )


def _instant(until: str) -> datetime:
    """What names no offset is UTC."""
    try:
        given = datetime.fromisoformat(until)
        at = given.replace(tzinfo=given.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CannotStart("--until is a time such as 2026-01-31T12:00:00Z.") from None
    if not EARLIEST <= at <= datetime.now(UTC):
        raise CannotStart(f"--until is a time since {EARLIEST.year} that has come already.")
    return at


async def _seed(
    dsn: str, settings: Settings, recipe: Recipe, advance: Advance
) -> tuple[bool, Seeded]:
    """Whether it was made now, and what is there."""
    async with open_pool(dsn, size=2, statement_seconds=STATEMENT_SECONDS) as pool:
        database = Database(pool)
        accounts = accounts_in(database, settings)
        try:
            known = await seeding.find(database, recipe.seed, recipe.users, recipe.posts_per_user)
            if known is not None:
                return False, known
            password_hash = await accounts.passwords.hash(PASSWORD)
            return True, await seeding.sow(database, recipe, password_hash, advance)
        except Problem as problem:
            raise CannotStart(f"{problem.title}.") from None
        finally:
            accounts.passwords.close()


@contextmanager
def _progress(recipe: Recipe) -> Iterator[Advance]:
    """A bar for whoever watches; nothing in a log."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("seeding", total=recipe.users * (1 + recipe.posts_per_user))
        yield lambda done: bar.advance(task, done)


def _told(seeded: Seeded, *, made: bool) -> str:
    posts = seeded.users * seeded.posts_per_user
    there = "" if made else " were there already; another --seed adds others"
    return (
        f"{seeded.users:,} people, {seeded.follows:,} follows, {posts:,} posts, "
        f"{seeded.comments:,} comments{there}\n"
        f"Log in as {seeded.guide} with the password: {PASSWORD}"
    )
