"""What a handler gets and gives: HTTP, read once, and nothing of ASGI but the body's chunks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from plaza.platform.caller import Caller
from plaza.platform.rates import Standing

Headers = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")
PROBLEM = (b"content-type", b"application/problem+json")
FRESH = (b"cache-control", b"private, no-cache")
"""What one caller sees is his alone, and asked for again each time (RFC 9111, section 5.2.2)."""


class Request(Struct):
    """`path` holds the values of the route's parameters, in order; `headers` are lower case.

    `standing` is set by whoever counts the request.
    """

    method: str
    path: list[str]
    query: bytes
    headers: Mapping[bytes, bytes]
    caller: Caller
    receive: Callable[[], Awaitable[Any]]
    standing: Standing | None = None


class Reply(Struct):
    """`headers` without content-length, which the server adds."""

    status: int
    body: bytes
    headers: Headers


Handler = Callable[[Request], Awaitable[Reply]]
