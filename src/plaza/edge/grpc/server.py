"""The gRPC server: services, health, reflection; it says that it drains before it closes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc  # type: ignore[import-untyped]
from grpc_health.v1._async import HealthServicer  # type: ignore[import-untyped]
from grpc_health.v1.health_pb2 import HealthCheckResponse  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection_pb2  # type: ignore[import-untyped]
from grpc_reflection.v1alpha._async import ReflectionServicer  # type: ignore[import-untyped]
from msgspec import Struct

from plaza.edge.grpc.calls import Calls
from plaza.edge.grpc.descriptors import REFLECTION, REFLECTION_ALPHA, pool
from plaza.edge.grpc.methods import Service, methods
from plaza.edge.operations import Bound, Recall
from plaza.platform.rates import Rates
from plaza.platform.starting import CannotStart

HEALTH = "grpc.health.v1.Health"
QUIET_SECONDS = 0.05

Served = tuple[Service, object, Recall | None]
"""A service, what answers it, and the store of the answers that idempotency keys got."""


class Limits(Struct, frozen=True, kw_only=True):
    """Bytes of one message, and calls at once; what is over is RESOURCE_EXHAUSTED."""

    request_bytes: int = 1024 * 1024
    answer_bytes: int = 4 * 1024 * 1024
    calls: int = 1_000


USUAL = Limits()


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
        self._handlers = [_handlers(*served, calls, rates) for served in services]
        self._names = [service.name for service, _, _ in services]
        self._health = HealthServicer()
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str, *, shared: bool = False) -> int:
        """Listen there; the port, which is a free one for port 0.

        `shared` lets other processes listen on the same port. Raises CannotStart.
        """
        server = grpc.aio.server(
            options=(
                ("grpc.max_receive_message_length", self._limits.request_bytes),
                ("grpc.max_send_message_length", self._limits.answer_bytes),
                ("grpc.so_reuseport", int(shared)),
            ),
            maximum_concurrent_rpcs=self._limits.calls,
        )
        server.add_generic_rpc_handlers([*self._handlers, *_reflection(self._names)])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        try:
            port = server.add_insecure_port(address)
        except RuntimeError:
            raise CannotStart(f"gRPC cannot listen on {address}: is the port taken?") from None
        for name in self._names:
            await self._health.set(name, HealthCheckResponse.SERVING)
        await server.start()
        self._server = server
        return port

    async def drain(self) -> None:
        """Tell those who ask for health to go elsewhere; calls are still taken."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace: float) -> None:
        """Take no more calls, and end when those running are done, `grace` seconds at most.

        Streams of health and reflection never end by themselves; nobody waits for them.
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
    service: Service, api: object, recall: Recall | None, calls: Calls, rates: Rates | None
) -> grpc.GenericRpcHandler:
    served: dict[str, Any] = {
        name: grpc.unary_unary_rpc_method_handler(
            calls.serving(service.name, method, Bound(method.operation, api, recall, rates))
        )
        for name, method in methods(service).items()
    }
    return grpc.method_handlers_generic_handler(service.name, served)


def _reflection(names: Sequence[str]) -> list[grpc.GenericRpcHandler]:
    """Both names of it: newer tools ask for v1, older ones for v1alpha."""
    ours = [f"{version}.ServerReflection" for version in (REFLECTION, REFLECTION_ALPHA)]
    reflect: Any = ReflectionServicer([*names, HEALTH, *ours], pool())
    handler = grpc.stream_stream_rpc_method_handler(
        reflect.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [
        grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler})
        for name in ours
    ]
