"""The gRPC server: services, health, reflection; it says that it drains before it closes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
from grpc_reflection.v1alpha import reflection_pb2  # type: ignore[import-untyped]
from grpc_reflection.v1alpha._async import ReflectionServicer  # type: ignore[import-untyped]

from plaza.edge.grpc.calls import Calls
from plaza.edge.grpc.descriptors import REFLECTION, REFLECTION_ALPHA, pool
from plaza.edge.grpc.health import HEALTH, Health
from plaza.edge.grpc.limits import USUAL, Limits, options
from plaza.edge.grpc.methods import Service, methods
from plaza.edge.grpc.streams import Streams
from plaza.edge.operations import Bound, Memory
from plaza.platform.rates import Rates
from plaza.platform.starting import CannotStart

QUIET_SECONDS = 0.05

Served = tuple[Service, object, Memory | None]
"""A service, what answers it, and the store of the answers that idempotency keys got."""


class GrpcServer:
    """`start`, and in the end `drain`, then `stop`."""

    def __init__(
        self,
        services: Sequence[Served],
        calls: Calls,
        limits: Limits = USUAL,
        rates: Rates | None = None,
    ) -> None:
        """Raises TypeError where a service and its .proto differ."""
        self._calls = calls
        self._limits = limits
        names = [service.name for service, _, _ in services]
        streams = Streams(limits)
        self._health = Health(names, limits, streams)
        self._handlers = [
            *(_handlers(served, calls, limits, rates) for served in services),
            *_reflection(names, limits, streams),
            self._health.handler(),
        ]
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str, *, shared: bool = False) -> int:
        """Listen there; the port, which is a free one for port 0.

        `shared` lets other processes listen on the same port. Raises CannotStart.
        """
        server = grpc.aio.server(
            options=(*options(self._limits), ("grpc.so_reuseport", int(shared)))
        )
        server.add_generic_rpc_handlers(self._handlers)
        try:
            port = server.add_insecure_port(address)
        except RuntimeError:
            raise CannotStart(f"gRPC cannot listen on {address}: is the port taken?") from None
        await server.start()
        self._server = server
        return port

    async def drain(self) -> None:
        """Tell those who ask for health to go elsewhere; calls are still taken."""
        self._health.drain()

    async def stop(self, grace: float) -> None:
        """Take no more calls, and end when those running are done, `grace` seconds at most.

        Nobody waits for streams of health and reflection, nor for messages to come.
        """
        if self._server is None:
            return
        closing = asyncio.create_task(self._server.stop(grace))
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._quiet()
        await self._server.stop(None)
        await closing

    async def _quiet(self) -> None:
        """No call runs, and none that was taken already is about to begin."""
        while True:
            await self._calls.idle.wait()
            await asyncio.sleep(QUIET_SECONDS)
            if self._calls.idle.is_set():
                return


def _handlers(
    answered: Served, calls: Calls, limits: Limits, rates: Rates | None
) -> grpc.GenericRpcHandler:
    service, api, memory = answered
    served: dict[str, Any] = {
        name: grpc.stream_unary_rpc_method_handler(
            calls.serving(service.name, method, Bound(method.operation, api, memory, rates), limits)
        )
        for name, method in methods(service).items()
    }
    return grpc.method_handlers_generic_handler(service.name, served)


def _reflection(
    names: Sequence[str], limits: Limits, streams: Streams
) -> list[grpc.GenericRpcHandler]:
    """Both names of it: newer tools ask for v1, older ones for v1alpha."""
    ours = [f"{version}.ServerReflection" for version in (REFLECTION, REFLECTION_ALPHA)]
    reflect: Any = ReflectionServicer([*names, HEALTH, *ours], pool())

    async def ending(asked: Any, context: Any) -> None:
        async with streams.lasting(limits.reflection_seconds, context):
            async for answer in reflect.ServerReflectionInfo(asked, context):
                await context.write(answer)

    handler = grpc.stream_stream_rpc_method_handler(
        ending,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [
        grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler})
        for name in ours
    ]
