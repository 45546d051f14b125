"""Many callers' statements as one, against one statement each: the same rows, the same promises."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct

from plaza.accounts.api.accounts import AccountsApi
from plaza.people.service import People
from plaza.platform import migrations
from plaza.platform.caches import Caches
from plaza.platform.caller import Claim, Origin, Role, User
from plaza.platform.database import Database, Transaction
from plaza.platform.embedded.postgres import Postgres
from plaza.platform.ids import PostId, SessionId, UserId, uuid7
from plaza.platform.pool import open_pool
from plaza.posts.events import PostCreated
from plaza.posts.model import NewPost, Post
from plaza.posts.queries import queries
from plaza.posts.service import Posts

CALLERS = 128
SAID = NewPost(
    content="A post of a usual length, about a hundred characters long, as most are. Hello!"
)


class _NoAccounts(AccountsApi):
    """Nothing measured here asks for one."""


class Pair(Struct, frozen=True):
    """Operations a second, median of the rounds."""

    what: str
    single: float
    coalesced: float


def measure(*, seconds: float, rounds: int) -> list[Pair]:
    """On a real PostgreSQL with fsync, in turns."""
    with tempfile.TemporaryDirectory(prefix="plaza-bench-") as folder:
        run = Path(folder, "run")
        run.mkdir()
        server = Postgres(Path(folder, "postgres"), run)
        server.start()
        server.wait_ready()
        try:
            migrations.up(server.dsn)
            return uvloop.run(_measure(server.dsn, seconds, rounds))
        finally:
            server.stop()


async def _measure(dsn: str, seconds: float, rounds: int) -> list[Pair]:
    async with open_pool(dsn) as pool:
        database = Database(pool)
        caches = Caches(seconds=0)
        posts = Posts(database, People(database, _NoAccounts(), caches), caches)
        ids = [(await posts.create(_ada(), SAID)).id for _ in range(500)]
        turn = iter(range(10**9))

        async def read_each() -> None:
            async with database.reading() as connection:
                await queries(connection).find([_pick(ids, next(turn))])

        async def read_together() -> None:
            await posts.get(_ada(), _pick(ids, next(turn)))

        async def create_each() -> None:
            await _create_alone(database, _claiming())

        async def create_together() -> None:
            await posts.create(_claiming(), SAID)

        return [
            await _pair("read a post from Postgres", read_each, read_together, seconds, rounds),
            await _pair(
                "create a post, outbox and idempotency",
                create_each,
                create_together,
                seconds,
                rounds,
            ),
        ]


Work = Callable[[], Awaitable[None]]


async def _pair(what: str, single: Work, coalesced: Work, seconds: float, rounds: int) -> Pair:
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, into in zip((single, coalesced), rates, strict=True):
            into.append(await _rate(work, seconds))
    return Pair(what, *map(statistics.median, rates))


async def _rate(work: Work, seconds: float) -> float:
    until = time.perf_counter() + seconds
    done = 0

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await work()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return done / (time.perf_counter() - began)


async def _create_alone(database: Database, caller: User) -> Post:
    """What the Writer does for many, as the transaction of one."""
    now = datetime.now(UTC)
    made = Post(
        id=PostId(uuid7()),
        author_id=caller.id,
        title=None,
        content=SAID.content,
        tags=[],
        visibility=SAID.visibility,
        comment_count=0,
        version=1,
        created_at=now,
        edited_at=None,
    )

    async def decide(tx: Transaction) -> Post:
        await tx.connection.execute(
            "insert into posts.post (id, author_id, title, content, tags, visibility, created_at)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            *(made.id, made.author_id, made.title, made.content, made.tags),
            *(made.visibility.value, made.created_at),
        )
        tx.announce(PostCreated(post_id=made.id, author_id=made.author_id, occurred_at=now))
        return made

    return await database.decide("bench", decide, claim=caller.origin.claim, answer=Post)


def _ada() -> User:
    return User(
        id=UserId(uuid7()),
        role=Role.USER,
        session=SessionId(uuid7()),
        proved_at=datetime.now(UTC),
    )


def _claiming() -> User:
    key = uuid7().hex
    claim = Claim(scope=b"bench", operation="create", key=key, request_hash=b"same")
    return msgspec.structs.replace(_ada(), origin=Origin(claim=claim))


def _pick(ids: Sequence[PostId], turn: int) -> PostId:
    return ids[turn % len(ids)]
