"""A context in another process answers and refuses as the one in this process does."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import grpc.aio
import msgspec
import pytest

from plaza.edge.grpc.caller_token import CallerTokens
from plaza.edge.grpc.client import remote
from plaza.edge.operations import Bound, Memory
from plaza.people.model import Visibility
from plaza.people.service import People
from plaza.platform.caches import Caches
from plaza.platform.caller import Anonymous, Caller, Origin, Role, System, User
from plaza.platform.ids import PostId, uuid7
from plaza.platform.paging import Page
from plaza.platform.problems import (
    Bug,
    Invalid,
    KeyReused,
    LoginRequired,
    Problem,
    Stale,
    TimedOut,
    Unavailable,
)
from plaza.posts.api.posts import PostsApi
from plaza.posts.grpc import SERVICE
from plaza.posts.model import NewPost, Post, PostChange
from plaza.posts.problems import NotTheAuthor, PostNotFound
from plaza.posts.service import Posts
from tests.edge.grpc.conftest import KEY, PostsDouble, a_post, channel_to, serving
from tests.people.conftest import Registered, person

pytestmark = pytest.mark.anyio

TOKENS = CallerTokens([KEY])
Ask = Callable[..., Any]


@pytest.fixture
def home(database):
    caches = Caches(seconds=0)
    return Posts(database, People(database, Registered(), caches), caches)


@pytest.fixture
async def away(home, database):
    """The same posts, at the other end of a wire."""
    async with (
        serving(home, recall=Memory(database.recall, KEY)) as (_, port),
        channel_to(port) as channel,
    ):
        yield remote(PostsApi, SERVICE, channel, TOKENS.sign)


@pytest.fixture(params=["local", "remote"])
def ask(request, home, database) -> Ask:
    """An operation as an edge calls it, here or there; one test, two runs, the same promises."""
    if request.param == "local":
        return asking(home, Memory(database.recall, KEY))
    return asking(request.getfixturevalue("away"), None)


def asking(api, recall) -> Ask:
    async def ask(operation, caller: Caller, **arguments):
        bound = Bound(operation, api, recall)
        bound.permit(caller)
        claimed = bound.claimed(caller, arguments)
        made = await bound(claimed, arguments)
        ask.replayed = claimed.origin.claim is not None and claimed.origin.claim.replayed
        return made

    return ask


def with_key(caller: User, key: str) -> User:
    return msgspec.structs.replace(caller, origin=Origin(key=key))


async def test_what_is_created_is_read_and_listed(ask):
    ada, bob = person(), person()
    said = NewPost(content="l\u00e9ger", title="T", tags=["a", "b"])
    post = await ask(PostsApi.create, ada, post=said)
    assert isinstance(post, Post)
    assert (post.author_id, post.title, post.tags, post.version) == (ada.id, "T", ["a", "b"], 1)
    assert (post.visibility, post.edited_at) == (Visibility.PUBLIC, None)
    assert await ask(PostsApi.get, bob, post_id=post.id) == post
    listed = await ask(PostsApi.by_author, bob, author_id=ada.id)
    assert listed == Page(items=[post], next_cursor=None)


async def test_a_list_goes_on_where_it_ended(ask):
    ada = person()
    made = [await ask(PostsApi.create, ada, post=NewPost(content=str(n))) for n in range(3)]
    seen, cursor = [], None
    for _ in made:
        page = await ask(PostsApi.by_author, ada, author_id=ada.id, limit=1, cursor=cursor)
        seen += page.items
        cursor = page.next_cursor
    assert cursor is None
    assert {post.id for post in seen} == {post.id for post in made}


async def test_a_key_sent_again_gets_the_first_answer(ask):
    ada = with_key(person(), str(uuid4()))
    first = await ask(PostsApi.create, ada, post=NewPost(content="once"))
    assert not ask.replayed
    assert await ask(PostsApi.create, ada, post=NewPost(content="once")) == first
    assert ask.replayed
    with pytest.raises(KeyReused):
        await ask(PostsApi.create, ada, post=NewPost(content="twice"))


async def test_a_key_is_one_wherever_it_is_sent(home, away, database):
    ada = with_key(person(), str(uuid4()))
    here, there = asking(home, Memory(database.recall, KEY)), asking(away, None)
    said = NewPost(content="once", tags=["a"])
    first = await there(PostsApi.create, ada, post=said)
    assert await here(PostsApi.create, ada, post=said) == first
    assert (there.replayed, here.replayed) == (False, True)


async def test_an_edit_keeps_what_is_left_out_and_takes_away_what_is_null(ask):
    ada = person()
    post = await ask(PostsApi.create, ada, post=NewPost(content="helo", title="T", tags=["a"]))
    change = PostChange(content="hello")
    edited = await ask(PostsApi.edit, ada, post_id=post.id, change=change, version=1)
    assert (edited.content, edited.title, edited.tags, edited.version) == ("hello", "T", ["a"], 2)
    assert edited.edited_at >= post.created_at
    change = PostChange(title=None, tags=[])
    edited = await ask(PostsApi.edit, ada, post_id=post.id, change=change, version=2)
    assert (edited.content, edited.title, edited.tags, edited.version) == ("hello", None, [], 3)


async def test_a_stale_edit_learns_the_current_version(ask):
    ada = person()
    post = await ask(PostsApi.create, ada, post=NewPost(content="1"))
    change = PostChange(content="2")
    await ask(PostsApi.edit, ada, post_id=post.id, change=change, version=1)
    with pytest.raises(Stale) as stale:
        await ask(PostsApi.edit, ada, post_id=post.id, change=change, version=1)
    assert stale.value.facts == {"version": 2}


async def test_refusals_are_of_the_class_the_operation_declares(ask):
    ada, bob, nobody = person(), person(), Anonymous()
    post = await ask(PostsApi.create, ada, post=NewPost(content="mine"))
    secret = NewPost(content="mine", visibility=Visibility.PRIVATE)
    hidden = await ask(PostsApi.create, ada, post=secret)
    with pytest.raises(PostNotFound):
        await ask(PostsApi.get, bob, post_id=hidden.id)
    with pytest.raises(PostNotFound):
        await ask(PostsApi.get, ada, post_id=PostId(uuid7()))
    with pytest.raises(NotTheAuthor) as refused:
        await ask(PostsApi.delete, bob, post_id=post.id)
    assert (refused.value.detail, refused.value.errors, refused.value.facts) == ("", (), {})
    with pytest.raises(LoginRequired):
        await ask(PostsApi.get, nobody, post_id=post.id)
    with pytest.raises(Invalid) as invalid:
        await ask(PostsApi.by_author, bob, author_id=ada.id, cursor="abc")
    assert [error.pointer for error in invalid.value.errors] == ["/cursor"]


async def test_what_is_deleted_is_gone_and_a_role_is_not_lost_on_the_way(ask):
    ada, admin = person(), person(Role.ADMIN)
    post = await ask(PostsApi.create, ada, post=NewPost(content="mine"))
    assert await ask(PostsApi.delete, admin, post_id=post.id) is None
    with pytest.raises(PostNotFound):
        await ask(PostsApi.get, ada, post_id=post.id)


async def test_plaza_itself_asks_for_somebody(ask):
    ada = person()
    post = await ask(PostsApi.create, ada, post=NewPost(content="x"))
    asker = System(name="notifications.reactions", acting_for=ada.id)
    assert await ask(PostsApi.get, asker, post_id=post.id) == post


# What only a wire can do to a call.


async def call_double(double, caller: Caller, post_id: UUID, **options: Any) -> Any:
    async with serving(double, **options) as (_, port), channel_to(port) as channel:
        return await remote(PostsApi, SERVICE, channel, TOKENS.sign).get(caller, PostId(post_id))


async def test_where_a_request_came_from_and_its_ids_travel_along():
    double, post = PostsDouble(), a_post()
    double.posts[post.id] = post
    loop = asyncio.get_running_loop()
    origin = Origin(
        request_id="r-1",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        address="192.0.2.1",
        device="Lynx",
        deadline=loop.time() + 5,
    )
    assert await call_double(double, person_at(origin), post.id) == post
    (arrived,) = double.callers
    told = arrived.origin
    assert (told.request_id, told.trace_id, told.address, told.device, told.key) == (
        "r-1",
        origin.trace_id,
        "192.0.2.1",
        "Lynx",
        None,
    )
    assert abs(told.deadline - origin.deadline) < 1


def person_at(origin: Origin) -> User:
    return msgspec.structs.replace(person(), origin=origin)


async def test_a_process_that_is_gone_is_unavailable():
    async with serving(PostsDouble()) as (_, port):
        pass
    async with channel_to(port) as channel:
        with pytest.raises(Unavailable):
            await remote(PostsApi, SERVICE, channel, TOKENS.sign).get(person(), a_post().id)


class NeverPosts(PostsDouble):
    async def get(self, *_, **__):
        await asyncio.Event().wait()


async def test_who_is_late_has_timed_out_and_who_has_no_time_left_does_not_ask():
    soon = asyncio.get_running_loop().time() + 0.2
    with pytest.raises(TimedOut):
        await call_double(NeverPosts(), person_at(Origin(deadline=soon)), uuid7())
    double = PostsDouble()
    with pytest.raises(TimedOut):
        await call_double(double, person_at(Origin(deadline=soon - 5)), uuid7())
    assert double.callers == []


async def test_who_gives_up_stops_the_work_elsewhere():
    begun, ended = asyncio.Event(), asyncio.Event()

    class Working(PostsDouble):
        async def get(self, *_, **__):
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    asked = asyncio.ensure_future(call_double(Working(), person(), uuid7()))
    async with asyncio.timeout(5):
        await begun.wait()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert ended.is_set()


async def test_a_bug_elsewhere_is_a_bug_here(capsys):
    async with serving(PostsDouble()) as (_, port), channel_to(port) as channel:
        posts = remote(PostsApi, SERVICE, channel, TOKENS.sign)
        with pytest.raises(Bug) as bug:
            await posts.by_author(person(), a_post().author_id)
    assert "secrets" not in str(bug.value)
    assert "the secrets of" in capsys.readouterr().out


@pytest.mark.parametrize(
    "sign",
    [
        CallerTokens([b"another key of thirty-two bytes!!"]).sign,
        CallerTokens([KEY], clock=lambda: 1_000_000_000.0).sign,
        lambda caller, _: TOKENS.sign(caller, "plaza.orders.v1.OrdersService"),
        lambda caller, audience: TOKENS.sign(caller, audience).replace(".", "A."),
        lambda _caller, _audience: "nonsense",
    ],
    ids=["another key", "expired", "another audience", "changed", "nonsense"],
)
async def test_a_caller_nobody_vouches_for_is_refused(sign):
    double = PostsDouble()
    async with serving(double) as (_, port), channel_to(port) as channel:
        with pytest.raises(LoginRequired):
            await remote(PostsApi, SERVICE, channel, sign).get(person(), a_post().id)
    assert double.callers == []


async def test_a_caller_who_also_has_a_token_is_refused():
    async with serving(PostsDouble()) as (_, port), channel_to(port) as channel:
        both = (
            ("plaza-caller", TOKENS.sign(person(), SERVICE.name)),
            ("authorization", "Bearer ada"),
        )
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.unary_unary(f"/{SERVICE.name}/GetPost")(b"", metadata=both)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_refusal_this_release_does_not_know_keeps_its_kind_and_code():
    class TooManyTags(Problem):
        kind, code, title = NotTheAuthor.kind, "posts.from_the_future", "Not that way"

    class Refusing(PostsDouble):
        async def get(self, *_, **__):
            raise TooManyTags(most=10)

    with pytest.raises(Problem) as refused:
        await call_double(Refusing(), person(), uuid7())
    problem = refused.value
    assert (problem.kind, problem.code) == (NotTheAuthor.kind, "posts.from_the_future")
    assert (problem.title, problem.facts) == ("Not that way", {"most": 10})


def test_an_api_and_a_service_that_differ_do_not_start():
    class OtherApi:
        async def get(self, caller: Caller, post_id: PostId) -> Post: ...

    channel = grpc.aio.Channel
    with pytest.raises(TypeError, match="OtherApi"):
        remote(OtherApi, SERVICE, channel, TOKENS.sign)
