"""grpc.health.v1: of the whole, and of each service; a Watch ends after a while.

https://grpc.io/docs/guides/health-checking/
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
from grpc import StatusCode
from grpc_health.v1.health_pb2 import (  # type: ignore[import-untyped]
    HealthCheckRequest,
    HealthCheckResponse,
)

from plaza.edge.grpc.limits import Limits
from plaza.edge.grpc.streams import Streams, message

HEALTH = "grpc.health.v1.Health"
WHOLE = ""


class Health:
    """SERVING until `drain`."""

    def __init__(self, names: Sequence[str], limits: Limits, streams: Streams) -> None:
        self._names = {WHOLE, *names}
        self._limits = limits
        self._streams = streams
        self._draining = asyncio.Event()

    def drain(self) -> None:
        self._draining.set()

    def handler(self) -> grpc.GenericRpcHandler:
        """Both take their message themselves, so that they need not wait for it for ever."""
        as_bytes: dict[str, Any] = {
            "request_deserializer": HealthCheckRequest.FromString,
            "response_serializer": HealthCheckResponse.SerializeToString,
        }
        served = {
            "Check": grpc.stream_unary_rpc_method_handler(self._check, **as_bytes),
            "Watch": grpc.stream_stream_rpc_method_handler(self._watch, **as_bytes),
        }
        return grpc.method_handlers_generic_handler(HEALTH, served)

    async def _check(self, _: object, context: Any) -> Any:
        asked = await message(context, self._limits)
        if asked.service not in self._names:
            await context.abort(StatusCode.NOT_FOUND, "there is no such service")
        return self._standing(asked.service)

    async def _watch(self, _: object, context: Any) -> None:
        async with self._streams.lasting(self._limits.watch_seconds, context):
            asked = await message(context, self._limits)
            await context.write(self._standing(asked.service))
            if asked.service in self._names and not self._draining.is_set():
                await self._draining.wait()
                await context.write(self._standing(asked.service))
            await asyncio.Event().wait()

    def _standing(self, name: str) -> Any:
        if name not in self._names:
            return HealthCheckResponse(status=HealthCheckResponse.SERVICE_UNKNOWN)
        if self._draining.is_set():
            return HealthCheckResponse(status=HealthCheckResponse.NOT_SERVING)
        return HealthCheckResponse(status=HealthCheckResponse.SERVING)
