"""One client that holds all it can, without a login, takes nothing from the others."""

import asyncio
from contextlib import AsyncExitStack

import grpc.aio
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from plaza.edge.grpc.limits import Limits
from plaza.posts.grpc import SERVICE
from tests.edge.grpc.conftest import LOCALHOST, channel_to, serving
from tests.edge.grpc.messages import call

pytestmark = pytest.mark.anyio

CONNECTIONS, EACH = 12, 95
FEW = 50
ROOMY = Limits(streams=2_000, address_streams=2_000)
CREATE = f"/{SERVICE.name}/CreatePost"
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
REFLECT = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
SERVING = health_pb2.HealthCheckResponse.SERVING


async def healthy(channel):
    check = channel.unary_unary(
        CHECK, response_deserializer=health_pb2.HealthCheckResponse.FromString
    )
    return (await check(b"", timeout=20)).status == SERVING


def watch(channel):
    return channel.unary_stream(
        WATCH, response_deserializer=health_pb2.HealthCheckResponse.FromString
    )(b"")


def silent(channel, path=CREATE):
    """A call with its headers, and no message."""
    return channel.stream_unary(path)()


def reflecting(channel):
    return channel.stream_stream(
        REFLECT,
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )()


async def code_of(running):
    return await asyncio.wait_for(running.code(), 20)


async def ended(running):
    """At both ends: the server's tasks are of this loop too, and done before it is closed."""
    for each in running:
        each.cancel()
    await asyncio.gather(*map(code_of, running))
    async with asyncio.timeout(20):
        while len(asyncio.all_tasks()) > FEW:  # noqa: ASYNC110  # the library tells nobody
            await asyncio.sleep(0.01)


async def others_are_served(port):
    async with channel_to(port) as bob:
        made = await call(bob, "CreatePost", {"post": {"content": "hello"}}, timeout=20)
        assert made["post"]["content"] == "hello"
        assert await healthy(bob)


async def test_a_thousand_watches_keep_nobody_out(posts):
    async with serving(posts, limits=ROOMY) as (_, port), AsyncExitStack() as stack:
        watches = []
        for _ in range(CONNECTIONS):
            eve = await stack.enter_async_context(channel_to(port))
            opened = [watch(eve) for _ in range(EACH)]
            told = await asyncio.gather(*(each.read() for each in opened))
            assert {each.status for each in told} == {SERVING}
            watches += opened
        await others_are_served(port)
        assert not any(each.done() for each in watches)
        await ended(watches)


@pytest.mark.parametrize("path", [CREATE, CHECK])
async def test_a_thousand_calls_without_a_message_keep_nobody_out(posts, path):
    async with serving(posts) as (_, port), AsyncExitStack() as stack:
        calls = []
        for _ in range(CONNECTIONS):
            eve = await stack.enter_async_context(channel_to(port))
            calls += [silent(eve, path) for _ in range(EACH)]
            # It is answered, so what was sent before it on this connection is there.
            assert await healthy(eve)
        await others_are_served(port)
        assert not any(each.done() for each in calls)
        await ended(calls)


async def test_a_connection_has_so_many_calls_and_the_next_one_waits_in_the_client(posts):
    limits = Limits(connection_streams=2, message_seconds=1)
    async with serving(posts, limits=limits) as (_, port), channel_to(port) as eve:
        assert await healthy(eve)
        calls = [silent(eve), silent(eve)]
        assert await healthy(eve)
        assert [await code_of(each) for each in calls] == [StatusCode.DEADLINE_EXCEEDED] * 2


async def test_an_address_has_so_many_streams_and_gets_them_back(posts):
    limits = Limits(address_streams=2)
    async with serving(posts, limits=limits) as (_, port), channel_to(port) as eve:
        held = [watch(eve), reflecting(eve)]
        await held[0].read()
        await held[1].write(reflection_pb2.ServerReflectionRequest(list_services=""))
        await held[1].read()
        assert await code_of(watch(eve)) is StatusCode.RESOURCE_EXHAUSTED
        await others_are_served(port)
        await held[1].done_writing()
        assert await code_of(held[1]) is StatusCode.OK
        again = watch(eve)
        assert (await again.read()).status == SERVING
        await ended([again, held[0]])


async def test_a_message_that_does_not_come_ends_its_call(posts):
    limits = Limits(message_seconds=0.2)
    async with serving(posts, limits=limits) as (_, port), channel_to(port) as eve:
        calls = [silent(eve, path) for path in (CREATE, CHECK) for _ in range(40)]
        codes = {await code_of(each) for each in calls}
        assert codes == {StatusCode.DEADLINE_EXCEEDED}
        empty = eve.stream_unary(CREATE)(iter(()))
        assert await code_of(empty) is StatusCode.INVALID_ARGUMENT
        assert posts.callers == []
        await others_are_served(port)


async def test_streams_end_so_that_clients_come_again(posts):
    limits = Limits(watch_seconds=0.3, reflection_seconds=0.3)
    async with serving(posts, limits=limits) as (_, port), channel_to(port) as eve:
        for _ in range(2):
            watching = watch(eve)
            assert (await watching.read()).status == SERVING
            assert await code_of(watching) is StatusCode.UNAVAILABLE
        assert await code_of(reflecting(eve)) is StatusCode.UNAVAILABLE


async def test_a_watch_without_a_message_ends_too(posts):
    limits = Limits(message_seconds=0.2)
    async with serving(posts, limits=limits) as (_, port), channel_to(port) as eve:
        assert await code_of(silent(eve, WATCH)) is StatusCode.DEADLINE_EXCEEDED


async def test_connections_that_are_silent_are_closed(posts):
    limits = Limits(idle_seconds=0.5, handshake_seconds=0.5)
    async with serving(posts, limits=limits) as (_, port), channel_to(port) as eve:
        assert await healthy(eve)
        async with asyncio.timeout(10):
            await eve.wait_for_state_change(grpc.ChannelConnectivity.READY)
        reader, writer = await asyncio.open_connection(LOCALHOST, port)
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
        await writer.wait_closed()
