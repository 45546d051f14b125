"""Who is asking: how every edge turns a token into a caller."""

from collections.abc import Awaitable, Callable

from plaza.platform.caller import Anonymous, Caller, Origin
from plaza.platform.problems import LoginRequired
from plaza.platform.rates import Rates

Authenticate = Callable[[str, Origin], Awaitable[Caller]]
"""Raises LoginRequired for a token that is not good."""


def bearer(authorization: bytes) -> str:
    """The token of `Bearer <token>` (RFC 6750, section 2.1). Raises LoginRequired."""
    if authorization[:7].lower() != b"bearer " or not authorization.isascii():
        raise LoginRequired
    return authorization[7:].strip().decode()


def counted(authenticate: Authenticate, rates: Rates) -> Authenticate:
    """The same, but who brings a token that is not good is a stranger, and counted as one.

    Raises Limited as well.
    """

    async def authenticate_counted(token: str, origin: Origin) -> Caller:
        try:
            return await authenticate(token, origin)
        except LoginRequired:
            rates.count(Anonymous(origin=origin), "read")
            raise

    return authenticate_counted
