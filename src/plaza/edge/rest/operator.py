"""For whoever runs Plaza: how each part is, and what this process is doing."""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from plaza.edge.authentication import Authenticate, bearer
from plaza.edge.rest.health import OK, UNAVAILABLE
from plaza.edge.rest.messages import JSON, Handler, Reply, Request
from plaza.edge.rest.problems import reply_to
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import NO_STORE
from plaza.platform.caller import Role, User
from plaza.platform.health import Health
from plaza.platform.problems import LoginRequired, NotAllowed
from plaza.platform.rates import CREDENTIALS, Rates

BASIC = (b"www-authenticate", b'Basic realm="operator", charset="UTF-8"')
Answer = Callable[[], Awaitable[Reply]]


class Operator(Struct, frozen=True, kw_only=True):
    """HTTP Basic (RFC 7617), or an admin's access token; without a password, the token only.

    `trusts_this_machine` shows numbers, and no more, to whoever asks from it.
    """

    user: str
    password: str
    authenticate: Authenticate
    rates: Rates | None = None
    trusts_this_machine: bool = False

    async def admit(self, request: Request) -> None:
        """Raises LoginRequired, NotAllowed, and Limited for too many tries at the password."""
        given = request.headers.get(b"authorization", b"")
        scheme, _, credentials = given.partition(b" ")
        if scheme.lower() == b"basic":
            if self.rates is not None:
                request.standing = self.rates.count(request.caller, CREDENTIALS)
            if not self._knows(credentials):
                raise LoginRequired
            return
        caller = await self.authenticate(bearer(given), request.caller.origin)
        if not isinstance(caller, User) or caller.role < Role.ADMIN:
            raise NotAllowed

    def _knows(self, credentials: bytes) -> bool:
        """In a time that tells nothing about how much of them is right."""
        try:
            given = b64decode(credentials.strip(), validate=True)
        except NotBase64:
            return False
        right = hmac.compare_digest(given, f"{self.user}:{self.password}".encode())
        return right and bool(self.user and self.password)


def add_operator(
    router: Router, operator: Operator, health: Health, vitals: Callable[[], Struct]
) -> None:
    """/v1/health: every part with its latency. /v1/debug/vars: this process in numbers."""

    async def parts() -> Reply:
        report = await health.whole()
        status = OK if report.ready else UNAVAILABLE
        return Reply(status, msgspec.json.encode(report), [JSON, NO_STORE])

    async def process() -> Reply:
        return Reply(OK, msgspec.json.encode(vitals()), [JSON, NO_STORE])

    for path, answer in (("/v1/health", parts), ("/v1/debug/vars", process)):
        router.add("GET", path, guarded(operator, answer), open_to_basic=True)


def guarded(operator: Operator, answer: Answer) -> Handler:
    """For a route that is open to HTTP Basic."""

    async def handle(request: Request) -> Reply:
        try:
            await operator.admit(request)
        except LoginRequired as refused:
            reply = reply_to(refused, request.caller.origin.request_id)
            reply.headers.append(BASIC)
            return reply
        return await answer()

    return handle
