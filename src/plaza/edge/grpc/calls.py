"""One call: from bytes to an operation, and an answer or a refusal to everything."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from grpc import StatusCode
from msgspec import Struct

from plaza.edge.access_log import Done
from plaza.edge.grpc.identity import REQUEST_ID, Asked, Identity
from plaza.edge.grpc.limits import USUAL, Limits
from plaza.edge.grpc.methods import Method
from plaza.edge.grpc.problems import CODES, DETAILS, to_details, words_of
from plaza.edge.grpc.streams import message
from plaza.edge.operations import Bound
from plaza.platform.caller import Anonymous, Caller
from plaza.platform.logs import ORIGIN
from plaza.platform.problems import Bug, Problem, TimedOut

log = structlog.get_logger()

REPLAYED = "idempotency-replayed"
MANY = "too many calls run at once"

Serve = Callable[[object, Any], Awaitable[bytes]]


OURS = {StatusCode.INTERNAL, StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED}
"""Codes that are not the client's fault."""


class _Call(Struct):
    """What becomes of it."""

    asked: Asked
    caller: Caller
    replayed: bool = False


class Calls:
    def __init__(
        self, identity: Identity, observe: Callable[[Done], None], *, request_seconds: float
    ) -> None:
        """A call's deadline is the client's, but `request_seconds` at most."""
        self._identity = identity
        self._observe = observe
        self._seconds = request_seconds
        self._running = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def serving(self, service: str, method: Method, bound: Bound, limits: Limits = USUAL) -> Serve:
        """For a handler of streams: only so may a call end whose message does not come."""

        async def serve(_: object, context: Any) -> bytes:
            sent = await message(context, limits)
            if self._running >= limits.calls:
                await context.abort(StatusCode.RESOURCE_EXHAUSTED, MANY)
            loop = asyncio.get_running_loop()
            began = loop.time()
            left = context.time_remaining()
            due = began + min(self._seconds, math.inf if left is None else left)
            asked = self._identity.asked(context, due)
            ORIGIN.set(asked.origin)
            call = _Call(asked, Anonymous(origin=asked.origin))
            code = StatusCode.CANCELLED
            self._begin()
            try:
                made = await self._answer(call, service, method, bound, sent)
                code = _finish(context, call, made)
            finally:
                self._end()
                seconds = loop.time() - began
                self._observe(
                    Done("gRPC", method.path, code.name, code in OURS, seconds, call.caller)
                )
            return made if isinstance(made, bytes) else b""

        return serve

    @property
    def running(self) -> int:
        return self._running

    def _begin(self) -> None:
        self._running += 1
        self.idle.clear()

    def _end(self) -> None:
        self._running -= 1
        if not self._running:
            self.idle.set()

    async def _answer(
        self, call: _Call, service: str, method: Method, bound: Bound, sent: bytes
    ) -> bytes | Problem:
        origin = call.asked.origin
        deadline = asyncio.timeout_at(origin.deadline)
        try:
            async with deadline:
                call.caller = await self._identity.caller(call.asked, service)
                bound.permit(call.caller)
                arguments = method.read_request(sent)
                caller = bound.claimed(call.caller, arguments)
                answer = method.write_answer(await bound(caller, arguments))
                call.replayed = caller.origin.claim is not None and caller.origin.claim.replayed
                return answer
        except Problem as problem:
            return problem
        except Exception as error:
            if isinstance(error, TimeoutError) and deadline.expired():
                return TimedOut()
            log.exception("bug", route=method.path)
            return Bug()


def _finish(context: Any, call: _Call, made: bytes | Problem) -> StatusCode:
    trailers: list[tuple[str, str | bytes]] = [(REQUEST_ID, call.asked.origin.request_id)]
    code = StatusCode.OK
    if isinstance(made, Problem):
        code = CODES[made.kind]
        context.set_code(code)
        context.set_details(words_of(made))
        trailers.append((DETAILS, to_details(made)))
    elif call.replayed:
        trailers.append((REPLAYED, "true"))
    context.set_trailing_metadata(tuple(trailers))
    return code
