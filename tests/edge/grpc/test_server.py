"""Everything is answered, with the right code, under one request id, and within its time."""

import asyncio
import re

import grpc
import grpc.aio
import msgspec
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc import StatusCode
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from plaza.edge.grpc.limits import Limits
from plaza.edge.grpc.problems import DETAILS, from_details, known
from plaza.people.model import Visibility
from plaza.platform.caller import Anonymous
from plaza.platform.ids import uuid7
from plaza.platform.problems import FieldError, Invalid, LoginRequired
from plaza.platform.starting import CannotStart
from plaza.posts.grpc import SERVICE
from plaza.posts.model import PostChange
from plaza.posts.problems import PostNotFound
from tests.edge.grpc.conftest import ADA, PostsDouble, a_post, channel_to, serving
from tests.edge.grpc.messages import AS_ADA, call

pytestmark = pytest.mark.anyio


async def refusal(running):
    """What a call was refused with: code, sentence, trailers."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await running
    error = refused.value
    return error.code(), error.details(), dict(error.trailing_metadata())


async def test_a_stranger_is_asked_to_log_in_before_anything_else_is_read(channel, posts):
    code, _, trailers = await refusal(call(channel, "GetPost", b"\xff", metadata=()))
    assert code is StatusCode.UNAUTHENTICATED
    assert isinstance(from_details(trailers[DETAILS], known([])), LoginRequired)
    assert posts.callers == []


@pytest.mark.parametrize("header", ["Bearer bob", "Basic YTpi", "ada", "Bearer"])
async def test_a_token_that_is_not_good_is_refused(channel, header):
    asked = call(channel, "GetPost", {}, metadata=(("authorization", header),))
    assert (await refusal(asked))[0] is StatusCode.UNAUTHENTICATED


async def test_a_token_given_twice_is_refused(channel):
    code, words, _ = await refusal(call(channel, "GetPost", {}, metadata=AS_ADA * 2))
    assert (code, words) == (StatusCode.INVALID_ARGUMENT, "authorization is given twice")


async def test_an_answer_has_every_field_that_is_not_null(channel, posts):
    post = a_post(tags=["a", "b"], visibility=Visibility.CLOSE_FRIENDS)
    posts.posts[post.id] = post
    assert await call(channel, "GetPost", {"post_id": str(post.id)}) == {
        "post": {
            "id": str(post.id),
            "author_id": str(ADA.id),
            "content": "hello",
            "tags": ["a", "b"],
            "visibility": "VISIBILITY_CLOSE_FRIENDS",
            "version": 1,
            "created_at": "2026-01-02T03:04:05.678901Z",
        }
    }


async def test_what_is_left_out_what_is_null_and_what_is_empty_are_three_things(channel, posts):
    post = a_post()
    posts.posts[post.id] = post
    for change in (
        {},
        {"title": "", "tags": {}},
        {"tags": {"values": ["a"]}, "content": "e\u0301"},
    ):
        asked = {"post_id": str(post.id), "change": change, "version": 3}
        await call(channel, "EditPost", asked)
    assert posts.changes == [
        (PostChange(), 3),
        (PostChange(title=None, tags=[]), 3),
        (PostChange(tags=["a"], content="\u00e9"), 3),
    ]


async def test_everything_that_is_wrong_is_told_at_once(channel, posts):
    asked = {"post_id": "x", "change": {"content": "", "tags": {"values": ["ok", "a b"]}}}
    code, _, trailers = await refusal(call(channel, "EditPost", asked))
    problem = from_details(trailers[DETAILS], known([]))
    assert (code, type(problem)) == (StatusCode.INVALID_ARGUMENT, Invalid)
    assert [error.pointer for error in problem.errors] == [
        "/post_id",
        "/change/content",
        "/change/tags/1",
        "/version",
    ]
    assert posts.callers == []


async def test_a_message_left_out_is_required(channel):
    _, _, trailers = await refusal(call(channel, "CreatePost", {}))
    problem = from_details(trailers[DETAILS], known([]))
    assert problem.errors == (FieldError("/post", "This field is required."),)


async def test_bytes_that_are_no_message_are_the_senders_mistake(channel):
    code, words, _ = await refusal(call(channel, "GetPost", b"\xff\xff"))
    assert code is StatusCode.INVALID_ARGUMENT
    assert words == "the message is not a plaza.posts.v1.GetPostRequest"


async def test_an_enum_value_from_the_future_is_invalid(channel):
    new_post = b"\x0a\x01x\x20\x63"  # content "x", visibility 99
    code, _, trailers = await refusal(call(channel, "CreatePost", b"\x0a\x05" + new_post))
    (error,) = from_details(trailers[DETAILS], known([])).errors
    assert (code, error.pointer) == (StatusCode.INVALID_ARGUMENT, "/post/visibility")


async def test_a_refusal_has_its_code_words_and_reason(channel):
    code, words, trailers = await refusal(call(channel, "GetPost", {"post_id": str(uuid7())}))
    assert (code, words) == (StatusCode.NOT_FOUND, PostNotFound.title)
    problem = from_details(trailers[DETAILS], known([PostNotFound]))
    assert type(problem) is PostNotFound


async def test_a_bug_is_logged_whole_and_told_to_nobody(channel, capsys, called):
    asked = call(channel, "ListPostsByAuthor", {"author_id": str(uuid7())})
    code, words, trailers = await refusal(asked)
    assert (code, words) == (StatusCode.INTERNAL, "Something went wrong on our side")
    assert b"secrets" not in trailers[DETAILS]
    assert "the secrets of" in capsys.readouterr().out
    assert [(each.outcome, each.failed) for each in called] == [("INTERNAL", True)]


async def test_request_ids_are_taken_when_well_formed_and_always_returned(channel, posts):
    post = a_post()
    posts.posts[post.id] = post
    trace = "0af7651916cd43dd8448eb211c80319c"
    given = (("x-request-id", "r-1"), ("traceparent", f"00-{trace}-b7ad6b7169203331-01"))
    asked = {"post_id": str(post.id)}
    answer = await call(channel, "GetPost", asked, metadata=(*AS_ADA, *given))
    assert answer.trailers["x-request-id"] == "r-1"
    assert posts.callers[-1].origin.trace_id == trace
    assert posts.callers[-1].origin.address == "127.0.0.1"
    made = await call(channel, "GetPost", asked, metadata=(*AS_ADA, ("x-request-id", "a b")))
    assert re.fullmatch("[0-9a-f]{32}", made.trailers["x-request-id"])
    _, _, trailers = await refusal(call(channel, "GetPost", {}, metadata=(*AS_ADA, given[0])))
    assert trailers["x-request-id"] == "r-1"


async def test_an_answer_kept_for_a_key_is_given_again(channel, posts, kept):
    asked = {"post": {"content": "hello"}}
    key = (*AS_ADA, ("idempotency-key", "k-1"))
    first = await call(channel, "CreatePost", asked, metadata=key)
    claim = posts.callers[-1].origin.claim
    assert (claim.key, claim.operation) == ("k-1", "PostsApi.create")
    assert "idempotency-replayed" not in first.trailers
    posts.refusal = PostNotFound()
    assert (await refusal(call(channel, "CreatePost", asked, metadata=key)))[0] is (
        StatusCode.NOT_FOUND
    )
    kept["k-1"] = msgspec.json.encode(a_post(content="as it was"))
    again = await call(channel, "CreatePost", asked, metadata=key)
    assert again["post"]["content"] == "as it was"
    assert again.trailers["idempotency-replayed"] == "true"


async def test_a_key_nobody_should_keep_is_unreadable(channel):
    asked = {"post": {"content": "hello"}}
    long = (*AS_ADA, ("idempotency-key", "k" * 256))
    code, _, _ = await refusal(call(channel, "CreatePost", asked, metadata=long))
    assert code is StatusCode.INVALID_ARGUMENT


class SlowPosts(PostsDouble):
    def __init__(self):
        super().__init__()
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def get(self, caller, post_id):
        self.callers.append(caller)
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return a_post(id=post_id)


ASKED = {"post_id": "01890a5d-ac96-774b-bcce-b302099a8057"}


async def test_the_clients_deadline_is_the_operations():
    slow = SlowPosts()
    async with serving(slow) as (_, port), channel_to(port) as channel:
        code, _, _ = await refusal(call(channel, "GetPost", ASKED, timeout=0.3))
        assert code is StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(5):
            await slow.cancelled.wait()
        left = slow.callers[0].origin.deadline - asyncio.get_running_loop().time()
        assert left <= 0.3


async def test_without_a_deadline_the_servers_holds():
    async with serving(SlowPosts(), seconds=0.2) as (_, port), channel_to(port) as channel:
        code, _, trailers = await refusal(call(channel, "GetPost", ASKED))
        assert code is StatusCode.DEADLINE_EXCEEDED
        assert from_details(trailers[DETAILS], known([])).code == "service.timeout"


async def test_what_is_too_large_or_too_many_is_refused():
    slow = SlowPosts()
    limits = Limits(request_bytes=1_000, calls=1)
    async with serving(slow, limits=limits) as (_, port), channel_to(port) as channel:
        large = {"post": {"content": "x" * 2_000}}
        assert (await refusal(call(channel, "CreatePost", large)))[0] is (
            StatusCode.RESOURCE_EXHAUSTED
        )
        first = asyncio.ensure_future(call(channel, "GetPost", ASKED))
        await asyncio.wait_for(slow.begun.wait(), 5)
        assert (await refusal(call(channel, "GetPost", ASKED)))[0] is (
            StatusCode.RESOURCE_EXHAUSTED
        )
        slow.go.set()
        assert (await first)["post"]["id"] == ASKED["post_id"]


async def test_a_call_in_flight_ends_before_the_server_does_and_none_begins():
    slow = SlowPosts()
    async with serving(slow) as (server, port), channel_to(port) as channel:
        watching = watch(channel)
        assert await anext(watching) == "SERVING"
        running = asyncio.ensure_future(call(channel, "GetPost", ASKED))
        await asyncio.wait_for(slow.begun.wait(), 5)
        await server.drain()
        assert await anext(watching) == "NOT_SERVING"
        assert await health(channel, SERVICE.name) == await health(channel, "") == "NOT_SERVING"
        stopping = asyncio.ensure_future(server.stop(30))
        await closed(port)
        async with channel_to(port) as late:
            code, _, _ = await refusal(call(late, "GetPost", ASKED, timeout=5))
            assert code is StatusCode.UNAVAILABLE
        slow.go.set()
        assert (await running)["post"]["id"] == ASKED["post_id"]
        async with asyncio.timeout(5):
            await stopping


async def closed(port):
    """Nobody listens there any more."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:  # it stopped listening before it had accepted this one
                continue


async def test_who_takes_longer_than_the_grace_is_ended():
    slow = SlowPosts()
    async with serving(slow) as (server, port), channel_to(port) as channel:
        running = asyncio.ensure_future(call(channel, "GetPost", ASKED))
        await asyncio.wait_for(slow.begun.wait(), 5)
        async with asyncio.timeout(5):
            await server.stop(0.1)
        assert (await refusal(running))[0] in {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}
        assert slow.cancelled.is_set()


async def health(channel, service):
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    answer = await check(health_pb2.HealthCheckRequest(service=service))
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


async def watch(channel):
    watched = channel.unary_stream(
        "/grpc.health.v1.Health/Watch",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    async for answer in watched(health_pb2.HealthCheckRequest(service=SERVICE.name)):
        yield health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


async def test_health_is_told_of_the_whole_and_of_each_service(channel):
    assert await health(channel, "") == await health(channel, SERVICE.name) == "SERVING"
    with pytest.raises(grpc.aio.AioRpcError):
        await health(channel, "plaza.unknown.v1.UnknownService")


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_tells_every_service_and_its_file(channel, version):
    path = f"grpc.reflection.{version}.ServerReflection"
    reflect = channel.stream_stream(
        f"/{path}/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE.name),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=path),
    ]
    listed, ours, theirs = [answer async for answer in reflect(iter(asked))]
    names = {each.name for each in listed.list_services_response.service}
    assert names >= {SERVICE.name, path, "grpc.health.v1.Health"}
    for answer, file in ((ours, "plaza/posts/v1/posts.proto"), (theirs, "reflection.proto")):
        files = answer.file_descriptor_response.file_descriptor_proto
        assert any(FileDescriptorProto.FromString(each).name.endswith(file) for each in files)


async def test_an_unknown_method_is_unimplemented(channel):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await channel.unary_unary(f"/{SERVICE.name}/Nothing")(b"")
    assert refused.value.code() is StatusCode.UNIMPLEMENTED


async def test_a_taken_port_is_told_in_a_sentence(server):
    with pytest.raises(CannotStart, match=f"127.0.0.1:{server[1]}"):
        await server[0].start(f"127.0.0.1:{server[1]}")


async def test_each_call_is_told_to_the_observer(channel, called):
    await call(channel, "CreatePost", {"post": {"content": "hello"}})
    await refusal(call(channel, "GetPost", {}, metadata=()))
    good, bad = called
    assert (good.route, good.outcome, good.failed, good.caller.id) == (
        f"/{SERVICE.name}/CreatePost",
        "OK",
        False,
        ADA.id,
    )
    assert (bad.outcome, bad.failed, type(bad.caller)) == ("UNAUTHENTICATED", False, Anonymous)
    assert 0 < good.seconds < 5
