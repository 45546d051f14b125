"""A gRPC server on a free port, its posts played by a double, and a channel to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc.aio
import msgspec
import pytest

from plaza.edge.access_log import Done
from plaza.edge.grpc.caller_token import CallerTokens
from plaza.edge.grpc.calls import Calls
from plaza.edge.grpc.identity import Identity
from plaza.edge.grpc.server import GrpcServer, Limits
from plaza.edge.operations import Memory
from plaza.people.model import Visibility
from plaza.platform.caller import Caller, Claim, Origin
from plaza.platform.ids import PostId, uuid7
from plaza.platform.problems import LoginRequired, Problem
from plaza.posts.grpc import SERVICE
from plaza.posts.model import Post
from plaza.posts.problems import PostNotFound
from tests.edge.notes import ADA, EVE

KEY = b"k" * 32
PEOPLE = {"ada": ADA, "eve": EVE}
LOCALHOST = "127.0.0.1"


async def authenticate(token: str, origin: Origin) -> Caller:
    if token not in PEOPLE:
        raise LoginRequired
    return msgspec.structs.replace(PEOPLE[token], origin=origin)


def a_post(**fields: Any) -> Post:
    made = Post(
        id=PostId(uuid7()),
        author_id=ADA.id,
        title=None,
        content="hello",
        tags=[],
        visibility=Visibility.PUBLIC,
        comment_count=0,
        version=1,
        created_at=datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC),
        edited_at=None,
    )
    return msgspec.structs.replace(made, **fields)


class PostsDouble:
    """Answers from memory what it is told to; remembers who asked."""

    def __init__(self) -> None:
        self.posts: dict[PostId, Post] = {}
        self.callers: list[Caller] = []
        self.changes: list[Any] = []
        self.refusal: Problem | None = None

    async def create(self, caller: Caller, post: Any) -> Post:
        self.callers.append(caller)
        if self.refusal is not None:
            raise self.refusal
        return a_post(content=post.content, author_id=caller.user_id)

    async def get(self, caller: Caller, post_id: PostId) -> Post:
        self.callers.append(caller)
        if post_id not in self.posts:
            raise PostNotFound
        return self.posts[post_id]

    async def by_author(self, caller: Caller, author_id: Any, *paging: Any, **named: Any) -> Any:
        raise RuntimeError(f"the secrets of {caller!r} and {author_id}, {paging}, {named}")

    async def edit(self, caller: Caller, post_id: PostId, change: Any, version: int) -> Post:
        self.changes.append((change, version))
        return await self.get(caller, post_id)

    async def delete(self, caller: Caller, post_id: PostId) -> None:
        del self.posts[(await self.get(caller, post_id)).id]


@asynccontextmanager
async def serving(api: object, **options: Any) -> AsyncIterator[tuple[GrpcServer, int]]:
    """A server for `api`, and its port; options: recall, tokens, observe, seconds, limits."""
    identity = Identity(authenticate, options.get("tokens", CallerTokens([KEY])))
    calls = Calls(
        identity,
        options.get("observe", lambda _: None),
        request_seconds=options.get("seconds", 60.0),
    )
    served = [(SERVICE, api, options.get("recall"))]
    server = GrpcServer(served, calls, options.get("limits", Limits()))
    port = await server.start(f"{LOCALHOST}:0")
    try:
        yield server, port
    finally:
        await server.stop(5)


def channel_to(port: int) -> grpc.aio.Channel:
    """Subchannels are shared between channels with equal options: these are not."""
    options = (("grpc.use_local_subchannel_pool", 1), ("plaza.test", str(uuid4())))
    return grpc.aio.insecure_channel(f"{LOCALHOST}:{port}", options=options)


@pytest.fixture
def posts() -> PostsDouble:
    return PostsDouble()


@pytest.fixture
def kept() -> dict[str, bytes]:
    """What earlier requests were answered, by key."""
    return {}


@pytest.fixture
def called() -> list[Done]:
    return []


@pytest.fixture
async def server(posts, kept, called) -> AsyncIterator[tuple[GrpcServer, int]]:
    async def recall(claim: Claim) -> bytes | None:
        return kept.get(claim.key)

    async with serving(posts, recall=Memory(recall, KEY), observe=called.append) as started:
        yield started


@pytest.fixture
async def channel(server) -> AsyncIterator[grpc.aio.Channel]:
    async with channel_to(server[1]) as opened:
        yield opened
