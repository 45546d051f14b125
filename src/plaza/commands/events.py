"""`plaza events`: what was given up, trying it again, and a stream that was lost."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from cyclopts import App, Parameter
from cyclopts.types import PositiveInt
from rich.progress import Progress

from plaza.commands.database import the_database
from plaza.platform.database import Database
from plaza.platform.dead_letters import Address, DeadLetters, WholeLetter
from plaza.platform.ids import EventId
from plaza.platform.leases import led
from plaza.platform.outbox_watch import OutboxWatch
from plaza.platform.pool import open_pool
from plaza.platform.relay import LEASE as RELAY
from plaza.platform.starting import CannotStart
from plaza.platform.stream import Stream
from plaza.settings import load

app = App(name="events")

R = TypeVar("R")
LOOK_SECONDS = 0.2
COUNT_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
STATEMENT_SECONDS = 600.0


class Patience:
    """For what others do: it ends a minute after the last step."""

    def __init__(self) -> None:
        self._standing = -1
        self._since = time.monotonic()

    async def wait(self, standing: int, seconds: float) -> None:
        """Raises CannotStart."""
        if standing != self._standing:
            self._standing, self._since = standing, time.monotonic()
        if time.monotonic() - self._since > PATIENCE_SECONDS:
            raise CannotStart(
                "Nothing has moved for a minute; it goes on by itself when Plaza can: see its log."
            )
        await asyncio.sleep(seconds)


@app.command
def dead(
    event_id: str | None = None,
    /,
    *,
    reaction: str | None = None,
    limit: PositiveInt = 20,
    after: str | None = None,
) -> None:
    """Show events that a reaction gave up, the latest first; or one of them, whole.

    Parameters
    ----------
    event_id
        The one to show.
    reaction
        Those of this one only, as `people.profiles`.
    limit
        How many.
    after
        The last one of the page before, as it says there.
    """
    if event_id is not None:
        _run(lambda database: _show(database, _event_id(event_id)))
    else:
        place = _address(after) if after else None
        _run(lambda database: _list(database, reaction, place, limit))


@app.command
def replay(
    event_id: str | None = None,
    /,
    *,
    reaction: str | None = None,
    all: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002  # what one types
) -> None:
    """Try again what was given up; whoever runs the reaction does it.

    Parameters
    ----------
    event_id
        The one to try again.
    reaction
        For this one only, as `people.profiles`.
    all
        Every one.
    """
    if all == (event_id is not None):
        raise CannotStart("Name one event, or say --all.")
    chosen = None if event_id is None else _event_id(event_id)
    _run(lambda database: _replay(database, reaction, chosen))


@app.command
def rebuild(*, yes: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Delete the stream, and publish again all that the outbox keeps: a week.

    Parameters
    ----------
    yes
        Do not ask.
    """
    if not yes:
        if not sys.stdin.isatty():
            raise CannotStart("Every reaction is told a week again: say --yes.")
        if input("Every reaction is told a week again. Go on? [y/N] ").lower() not in {"y", "yes"}:
            raise CannotStart("Nothing was done.")
    _run(_rebuild)


async def _list(
    database: Database, reaction: str | None, after: Address | None, limit: int
) -> None:
    letters = await DeadLetters(database).page(reaction, after, limit)
    if not letters:
        print("no more" if after else "no dead letters")
        return
    for each in letters:
        again = "  (tried again soon)" if each.asked_at else ""
        print(f"{each.died_at:%Y-%m-%d %H:%M:%S}  {each.event_id}  {each.reaction}{again}")
        print(f"    {each.topic}: {each.error}")
    if len(letters) == limit:
        print(f"more: plaza events dead --after {letters[-1].reaction}/{letters[-1].event_id}")


async def _show(database: Database, event_id: UUID) -> None:
    letters = await DeadLetters(database).find(event_id)
    if not letters:
        raise CannotStart(f"No dead letter is called {event_id}.")
    print("\n\n".join(_whole(each) for each in letters))


def _whole(letter: WholeLetter) -> str:
    lines = {
        "event": str(letter.event_id),
        "topic": letter.topic,
        "reaction": letter.reaction,
        "dead since": f"{letter.died_at:%Y-%m-%d %H:%M:%S %Z}",
        "error": letter.error,
        "payload": _readable(letter.payload),
    }
    return "\n".join(f"{name:<10}  {value}" for name, value in lines.items())


def _readable(payload: bytes) -> str:
    try:
        return msgspec.json.format(payload, indent=2).decode()
    except msgspec.DecodeError:
        return repr(payload)


async def _replay(database: Database, reaction: str | None, event_id: UUID | None) -> None:
    dead_letters = DeadLetters(database)
    letters = await dead_letters.replay(reaction, event_id)
    if not letters:
        of = f" of {reaction}" if reaction else ""
        raise CannotStart(
            f"No dead letter{of} is called {event_id}." if event_id else f"No dead letters{of}."
        )
    here = await _tried(database, letters)
    with Progress() as progress:
        task = progress.add_task("trying again", total=len(here))
        patience = Patience()
        while (left := await dead_letters.left(here)).waiting:
            progress.update(task, completed=len(here) - left.waiting)
            await patience.wait(left.waiting, LOOK_SECONDS)
        progress.update(task, completed=len(here))
    print(f"{len(here) - left.dead} taken, {left.dead} failed again")
    if left.dead:
        raise CannotStart("`plaza events dead` says why.")


async def _tried(database: Database, letters: Sequence[Address]) -> list[Address]:
    """Those that somebody tries now; says of which nobody does."""
    running = await led(database)
    for name in sorted({each.reaction for each in letters} - set(running)):
        print(f"nobody runs {name} now: it tries them when it runs")
    return [each for each in letters if each.reaction in running]


async def _rebuild(database: Database) -> None:
    watch = OutboxWatch(database, Stream())
    kept = await watch.kept()
    await watch.rebuild()
    if RELAY not in await led(database):
        print("nobody relays now: the stream is made anew when Plaza runs")
        return
    with Progress() as progress:
        marking = progress.add_task("collecting", total=kept)
        patience = Patience()
        while await watch.rebuilding():
            collected = (await watch.backlog()).waiting
            progress.update(marking, completed=collected)
            await patience.wait(collected, COUNT_SECONDS)
        progress.update(marking, completed=kept)
        publishing = progress.add_task("publishing", total=kept)
        while waiting := (await watch.backlog()).waiting:
            progress.update(publishing, completed=max(0, kept - waiting))
            await patience.wait(waiting, COUNT_SECONDS)
        progress.update(publishing, completed=kept)
    print(f"{kept} events are in the stream again")


def _run(work: Callable[[Database], Awaitable[None]]) -> None:
    async def run(dsn: str) -> None:
        async with _opened(dsn) as database:
            await work(database)

    with the_database(load()) as dsn:
        asyncio.run(run(dsn))


@asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[Database]:
    async with open_pool(dsn, size=2, statement_seconds=STATEMENT_SECONDS) as pool:
        yield Database(pool)


def _event_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CannotStart(f"{text} is no id of an event: `plaza events dead` lists them.") from None


def _address(text: str) -> Address:
    reaction, _, event_id = text.partition("/")
    return Address(reaction, EventId(_event_id(event_id)))
