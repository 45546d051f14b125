"""Who calls, and from where: what a call's metadata says."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from plaza.edge.authentication import Authenticate, bearer
from plaza.edge.grpc.caller_token import CallerTokens
from plaza.edge.proxies import Proxies
from plaza.edge.tracing import Traces
from plaza.platform.caller import Anonymous, Caller, Origin
from plaza.platform.problems import LoginRequired, Unreadable

AUTHORIZATION = "authorization"
CALLER = "plaza-caller"
IDEMPOTENCY_KEY = "idempotency-key"
REQUEST_ID = "x-request-id"
TRACEPARENT = "traceparent"
FORWARDED = "x-forwarded-for"
ONCE = (AUTHORIZATION, CALLER, IDEMPOTENCY_KEY, REQUEST_ID)
NONE = Proxies()
ADDRESS = re.compile(r"^ipv[46]:\[?(.+?)\]?:\d+$")


class Asked(Struct, frozen=True):
    """What a call said about itself, before any of it is believed."""

    metadata: Mapping[str, Any]
    origin: Origin
    twice: tuple[str, ...]


class Identity:
    def __init__(
        self, authenticate: Authenticate, tokens: CallerTokens, proxies: Proxies = NONE
    ) -> None:
        """`tokens` are those of Plaza's other processes."""
        self._proxies = proxies
        self._authenticate = authenticate
        self._tokens = tokens
        self._traces = Traces()

    def asked(self, context: Any, deadline: float) -> Asked:
        pairs = context.invocation_metadata() or ()
        metadata = dict(pairs)
        names = [name for name, _ in pairs] if len(metadata) != len(pairs) else []
        trace_id, request_id = self._traces.ids(
            _bytes(metadata.get(TRACEPARENT)), _bytes(metadata.get(REQUEST_ID))
        )
        found = ADDRESS.match(unquote(context.peer()))
        peer = found[1] if found else None
        if FORWARDED in metadata:
            lines = [value for name, value in pairs if name == FORWARDED]
            peer = self._proxies.client(peer, ",".join(lines))
        origin = Origin(
            request_id=request_id,
            trace_id=trace_id,
            address=peer,
            device=metadata.get("user-agent", "")[:200] or None,
            deadline=deadline,
            key=metadata.get(IDEMPOTENCY_KEY),
        )
        return Asked(metadata, origin, tuple(n for n in ONCE if names.count(n) > 1))

    async def caller(self, asked: Asked, service: str) -> Caller:
        """A person by an access token, or whoever another process of Plaza vouches for.

        Raises LoginRequired for a token that is not good, and for both at once; Unreadable for
        anything given twice.
        """
        if asked.twice:
            raise Unreadable(f"{asked.twice[0]} is given twice")
        authorization = asked.metadata.get(AUTHORIZATION)
        vouched = asked.metadata.get(CALLER)
        if vouched is None:
            if authorization is None:
                return Anonymous(origin=asked.origin)
            return await self._authenticate(bearer(authorization.encode()), asked.origin)
        if authorization is not None:
            raise LoginRequired("either an access token or a caller, never both")
        caller = self._tokens.verify(vouched, service)
        origin = msgspec.structs.replace(
            asked.origin, address=caller.origin.address, device=caller.origin.device
        )
        return msgspec.structs.replace(caller, origin=origin)


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else value.encode()
