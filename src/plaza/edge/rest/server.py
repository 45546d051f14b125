"""The ASGI application: who asks, which handler, and an answer to everything."""

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import structlog

from plaza.edge.access_log import Done
from plaza.edge.authentication import Authenticate, bearer
from plaza.edge.deadlines import OVER, Deadlines
from plaza.edge.rest.body import Disconnected
from plaza.edge.rest.front import Front
from plaza.edge.rest.messages import Reply, Request
from plaza.edge.rest.problems import WrongMethod, reply_to
from plaza.edge.rest.rate_headers import rate_lines
from plaza.edge.rest.router import Router
from plaza.edge.rest.whole import answer, headers, lines
from plaza.edge.tracing import Traces
from plaza.platform.caller import Anonymous, Origin
from plaza.platform.logs import ORIGIN
from plaza.platform.problems import Bug, Limited, Problem, TimedOut, Unreadable

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
        self._due = self.deadlines.due
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it is opened: refused, 403
            return
        at = perf_counter()
        loop = self._loop
        if loop is None:  # Python 3.11 asks the kernel for our process id each time
            loop = self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        began = loop.time()
        given: dict[bytes, bytes] = dict(scope["headers"])
        origin = self._origin(scope, given, began)
        ORIGIN.set(origin)
        request = Request(
            scope["method"],
            (),
            scope["query_string"],
            given,
            Anonymous(origin=origin),
            receive,
        )
        self._due[task] = began + self._seconds  # type: ignore[index]
        try:
            reply = await self._reply(request, scope)
        except Disconnected:
            return
        except asyncio.CancelledError as cancelled:
            if cancelled.args != (OVER,):
                raise
            task.uncancel()  # type: ignore[union-attr]
            reply = reply_to(TimedOut(), origin.request_id)
        finally:
            self._due.pop(task, None)  # type: ignore[arg-type]
        status, body = reply.status, reply.body
        head = self._head(request, reply, scope)
        if not answer(send, status, head, body):
            start = {"type": "http.response.start", "status": status, "headers": headers(head)}
            await send(start)
            await send({"type": "http.response.body", "body": body})
        failed = status >= SERVER_ERROR
        seconds = perf_counter() - at
        self._observe(
            Done(request.method, request.template, status, failed, seconds, request.caller)
        )

    async def _reply(self, request: Request, scope: Any) -> Reply:
        origin = request.caller.origin
        given = request.headers
        try:
            _well_formed(scope, given)
            target, request.path = self._find(request.method, scope["path"])
            request.template = target.template
            authorization = given.get(b"authorization")
            if authorization is not None and not target.open_to_basic:
                request.caller = await self._authenticate(bearer(authorization), origin)
            return await target.handler(request)
        except WrongMethod as problem:
            if request.method == "OPTIONS":
                return self._options(given, problem.allowed.encode())
            return reply_to(problem, origin.request_id)
        except Limited as problem:
            request.standing = problem.standing or request.standing
            return reply_to(problem, origin.request_id)
        except Problem as problem:
            return reply_to(problem, origin.request_id, if_match=b"if-match" in given)
        except Disconnected:
            raise
        except Exception:
            log.exception("bug", route=request.template)
            return reply_to(Bug(), origin.request_id)

    def _head(self, request: Request, reply: Reply, scope: Any) -> bytes:
        """All header lines of an answer."""
        head = reply.head + self._front.about(scope, request.headers)
        if reply.headers:
            head += lines(reply.headers)
        if request.standing is not None:
            head += rate_lines(request.standing)
        request_id = request.caller.origin.request_id.encode()
        if reply.status in {204, 304}:
            return b"%bx-request-id: %b\r\n" % (head, request_id)
        length = len(reply.body)
        return b"%bx-request-id: %b\r\ncontent-length: %d\r\n" % (head, request_id, length)

    def _options(self, given: Mapping[bytes, bytes], allowed: bytes) -> Reply:
        granted = self._front.origins.preflight(given, allowed)
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


def _well_formed(scope: Any, headers: Mapping[bytes, bytes]) -> None:
    """What the parser lets through and RFC 9110 (section 7.2) and 9112 (3.2) do not."""
    if b"host" not in headers and scope["http_version"] == "1.1":
        raise Unreadable("a request names its Host")
    if len(headers) != len(scope["headers"]):
        names = [name for name, _ in scope["headers"]]
        for name in ONCE:
            if names.count(name) > 1:
                raise Unreadable(f"{name.decode()} is given twice")
