"""The ASGI application: who asks, which handler, and an answer to everything."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

import structlog
from msgspec import Struct

from plaza.edge.access_log import Done
from plaza.edge.authentication import Authenticate, bearer
from plaza.edge.deadlines import OVER, Deadlines
from plaza.edge.rest.body import Disconnected
from plaza.edge.rest.front import Front
from plaza.edge.rest.messages import Headers, Reply, Request
from plaza.edge.rest.problems import WrongMethod, reply_to
from plaza.edge.rest.rate_headers import rate_headers
from plaza.edge.rest.router import Router
from plaza.edge.tracing import Traces
from plaza.platform.caller import Anonymous, Caller, Origin
from plaza.platform.logs import ORIGIN
from plaza.platform.problems import Bug, Limited, Problem, TimedOut, Unreadable
from plaza.platform.rates import Standing

log = structlog.get_logger()

ONCE = (
    b"host",
    b"authorization",
    b"content-type",
    b"content-length",
    b"if-match",
    b"cookie",
    b"idempotency-key",
)
NO_CONTENT = 204
SERVER_ERROR = 500
NOTHING = Front()


class Server:
    """Everything is answered, and in one shape; what is not a Problem is a bug, told to nobody."""

    def __init__(
        self,
        router: Router,
        authenticate: Authenticate,
        observe: Callable[[Done], None],
        *,
        request_seconds: float,
        front: Front = NOTHING,
    ) -> None:
        self._front = front
        self._find = router.find
        self._authenticate = authenticate
        self._observe = observe
        self._seconds = request_seconds
        self._traces = Traces()
        self.deadlines = Deadlines()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it is opened: refused, 403
            return
        loop = self._loop
        if loop is None:  # Python 3.11 asks the kernel for our process id each time
            loop = self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        began = loop.time()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = self._origin(scope, headers, began)
        ORIGIN.set(origin)
        self.deadlines.due[task] = began + self._seconds  # type: ignore[index]
        asked = _Asked(scope["method"], Anonymous(origin=origin), perf_counter())
        try:
            reply = await self._reply(asked, scope, headers, receive)
        except Disconnected:
            return
        except asyncio.CancelledError as cancelled:
            if cancelled.args != (OVER,):
                raise
            task.uncancel()  # type: ignore[union-attr]
            reply = reply_to(TimedOut(), origin.request_id)
        finally:
            self.deadlines.due.pop(task, None)  # type: ignore[arg-type]
        about = self._front.about(scope, headers)
        if asked.standing is not None:
            about += rate_headers(asked.standing)
        await _send(send, reply, about, origin.request_id.encode())
        seconds = perf_counter() - asked.at
        failed = reply.status >= SERVER_ERROR
        self._observe(
            Done(asked.method, asked.template, reply.status, failed, seconds, asked.caller)
        )

    async def _reply(
        self, asked: "_Asked", scope: Any, headers: dict[bytes, bytes], receive: Any
    ) -> Reply:
        origin = asked.caller.origin
        try:
            _well_formed(scope, headers)
            target, values = self._find(asked.method, scope["path"])
            asked.template = target.template
            authorization = headers.get(b"authorization")
            if authorization is not None and not target.open_to_basic:
                asked.caller = await self._authenticate(bearer(authorization), origin)
            request = Request(
                asked.method, values, scope["query_string"], headers, asked.caller, receive
            )
            asked.request = request
            return await target.handler(request)
        except WrongMethod as problem:
            if asked.method == "OPTIONS":
                return self._options(headers, problem.allowed.encode())
            return reply_to(problem, origin.request_id)
        except Limited as problem:
            asked.limited = problem.standing
            return reply_to(problem, origin.request_id)
        except Problem as problem:
            return reply_to(problem, origin.request_id, if_match=b"if-match" in headers)
        except Disconnected:
            raise
        except Exception:
            log.exception("bug", route=asked.template)
            return reply_to(Bug(), origin.request_id)

    def _options(self, headers: dict[bytes, bytes], allowed: bytes) -> Reply:
        granted = self._front.origins.preflight(headers, allowed)
        return Reply(NO_CONTENT, b"", [(b"allow", allowed), *granted])

    def _origin(self, scope: Any, headers: dict[bytes, bytes], began: float) -> Origin:
        trace_id, request_id = self._traces.ids(
            headers.get(b"traceparent"), headers.get(b"x-request-id")
        )
        key, device = headers.get(b"idempotency-key"), headers.get(b"user-agent")
        return Origin(
            request_id=request_id,
            trace_id=trace_id,
            address=self._front.address(scope, headers),
            device=None if device is None else device.decode("latin-1")[:200],
            deadline=began + self._seconds,
            key=None if key is None else key.decode("latin-1"),
        )


class _Asked(Struct):
    """`at` is when, by a clock that goes on within a turn of the event loop."""

    method: str
    caller: Caller
    at: float
    template: str = ""
    request: Request | None = None
    limited: Standing | None = None

    @property
    def standing(self) -> Standing | None:
        """What the rule leaves that refused, or else the one that let by."""
        if self.limited is None and self.request is not None:
            return self.request.standing
        return self.limited


def _well_formed(scope: Any, headers: dict[bytes, bytes]) -> None:
    """What the parser lets through and RFC 9110 (section 7.2) and 9112 (3.2) do not."""
    if b"host" not in headers and scope["http_version"] == "1.1":
        raise Unreadable("a request names its Host")
    if len(headers) != len(scope["headers"]):
        names = [name for name, _ in scope["headers"]]
        for name in ONCE:
            if names.count(name) > 1:
                raise Unreadable(f"{name.decode()} is given twice")


async def _send(send: Any, reply: Reply, about: Headers, request_id: bytes) -> None:
    headers = reply.headers + about
    headers.append((b"x-request-id", request_id))
    if reply.status not in {204, 304}:
        headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
