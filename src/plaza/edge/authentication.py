"""Who is asking: how every edge turns a token into a caller."""

from collections.abc import Awaitable, Callable

from plaza.platform.caller import Caller, Origin
from plaza.platform.problems import LoginRequired

Authenticate = Callable[[str, Origin], Awaitable[Caller]]
"""Raises LoginRequired for a token that is not good."""


def bearer(authorization: bytes) -> str:
    """The token of `Bearer <token>` (RFC 6750, section 2.1). Raises LoginRequired."""
    if authorization[:7].lower() != b"bearer " or not authorization.isascii():
        raise LoginRequired
    return authorization[7:].strip().decode()
