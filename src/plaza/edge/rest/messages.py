"""What a handler gets and gives: HTTP, read once, and nothing of ASGI but the body's chunks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
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

    `template` is the route's path as it was written; `standing` is set by whoever counts.
    """

    method: str
    path: Sequence[str]
    query: bytes
    headers: Mapping[bytes, bytes]
    caller: Caller
    receive: Callable[[], Awaitable[Any]]
    template: str = ""
    standing: Standing | None = None


class Reply(Struct):
    """`headers` without content-length, which the server adds; `head` are such that are lines."""

    status: int
    body: bytes
    headers: Headers
    head: bytes = b""


Handler = Callable[[Request], Awaitable[Reply]]
