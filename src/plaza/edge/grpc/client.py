"""The other half of the server: a context's api, answered by another process."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, TypeVar, cast

import grpc.aio

from plaza.edge.grpc.caller_token import Sign
from plaza.edge.grpc.calls import REPLAYED
from plaza.edge.grpc.identity import CALLER, IDEMPOTENCY_KEY, REQUEST_ID, TRACEPARENT
from plaza.edge.grpc.methods import Method, Service, methods
from plaza.edge.grpc.problems import DETAILS, Problems, from_code, from_details, known
from plaza.platform.caller import Caller
from plaza.platform.operations import policy_of
from plaza.platform.problems import Bug, Problem, TimedOut

A = TypeVar("A")

CALL_SECONDS = 10.0
"""For one call, where the caller's own deadline leaves more (docs/spec.md, timeouts)."""


def remote(api: type[A], service: Service, channel: grpc.aio.Channel, sign: Sign) -> A:
    """The operations of `api`, answered by `service` at the other end of the channel.

    They answer and refuse as the local ones do: a refusal is raised as the class the operation
    declares. Unavailable and TimedOut stand for a process that is gone or late. The caller, the
    request's ids, its deadline and its Idempotency-Key travel along. Raises TypeError where api,
    service and .proto differ.
    """
    calls: dict[str, Any] = {}
    for method in methods(service).values():
        name = method.operation.__name__
        if getattr(api, name, None) is not method.operation:
            raise TypeError(f"{service.name} names {name}, which {api.__name__} does not have")
        vouch = _vouching(sign, service.name)
        calls[name] = staticmethod(_call(method, channel.unary_unary(method.path), vouch))
    return cast("A", type(f"Remote{api.__name__}", (), calls)())


def _vouching(sign: Sign, audience: str) -> Callable[[Caller], str]:
    return lambda caller: sign(caller, audience)


def _call(method: Method, send: Any, vouch: Callable[[Caller], str]) -> Callable[..., Any]:
    names = method.names
    refusals = known(policy_of(method.operation).problems)

    async def call(caller: Caller, *args: object, **kwargs: object) -> Any:
        arguments = {**dict(zip(names, args, strict=False)), **kwargs}
        running = send(
            method.write_request(arguments),
            timeout=_seconds_left(caller),
            metadata=_metadata(caller, vouch(caller)),
        )
        return method.read_answer(await _answered(running, caller, refusals))

    return call


async def _answered(running: Any, caller: Caller, refusals: Problems) -> bytes:
    try:
        answer: bytes = await running
    except grpc.aio.AioRpcError as error:
        raise _problem(error, refusals) from error
    claim = caller.origin.claim
    if claim is not None and dict(await running.trailing_metadata()).get(REPLAYED) == "true":
        claim.replayed = True
    return answer


def _problem(error: grpc.aio.AioRpcError, refusals: Problems) -> Problem:
    sent = dict(error.trailing_metadata() or ()).get(DETAILS)
    told = from_details(sent, refusals) if isinstance(sent, bytes) else None
    return told or from_code(error.code()) or Bug()


def _seconds_left(caller: Caller) -> float:
    """Raises TimedOut when there is nothing left."""
    due = caller.origin.deadline
    if due is None:
        return CALL_SECONDS
    left = due - asyncio.get_running_loop().time()
    if left <= 0:
        raise TimedOut
    return min(left, CALL_SECONDS)


def _metadata(caller: Caller, vouched: str) -> tuple[tuple[str, str], ...]:
    origin = caller.origin
    pairs = [(CALLER, vouched)]
    if origin.request_id:
        pairs.append((REQUEST_ID, origin.request_id))
    if origin.trace_id:
        pairs.append((TRACEPARENT, f"00-{origin.trace_id}-{secrets.token_hex(8)}-00"))
    if origin.claim is not None:
        pairs.append((IDEMPOTENCY_KEY, origin.claim.key))
    return tuple(pairs)
