"""Whose pages may call from a browser: the CORS protocol (Fetch standard, section 3.3)."""

import re
from collections.abc import Iterable, Mapping

from plaza.edge.rest.messages import Headers
from plaza.edge.rest.whole import lines

ANY = "*"
THIS_MACHINE = re.compile(rb"^https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$")
TAKES = (
    b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent,"
    b" X-Request-ID"
)
SHOWS = (
    b"ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
)
MAX_AGE = b"7200"
"""Seconds; no browser keeps the answer to a preflight much longer."""


class Origins:
    """Those in the list; every page of this machine if `local`."""

    def __init__(
        self, listed: Iterable[str] = (), *, local: bool = False, credentials: bool = False
    ) -> None:
        """`credentials` lets browsers send cookies. Raises ValueError for `*` with them."""
        self._listed = frozenset(each.strip().encode() for each in listed)
        self._any = ANY.encode() in self._listed
        if self._any and credentials:
            raise ValueError("any page could then act for whoever is logged in")
        self._local = local
        self._credentials = credentials
        self._about: Headers = []
        if (self._listed or local) and not self._any:
            self._about = [(b"vary", b"Origin")]
        self.without = lines(self._about)

    def about(self, origin: bytes | None) -> Headers:
        """The headers of an answer to that origin; an answer that differs by origin says so."""
        if origin is None or not self._allows(origin):
            return self._about
        headers = [
            *self._about,
            (b"access-control-allow-origin", b"*" if self._any else origin),
            (b"access-control-expose-headers", SHOWS),
        ]
        if self._credentials:
            headers.append((b"access-control-allow-credentials", b"true"))
        return headers

    def preflight(self, headers: Mapping[bytes, bytes], allowed: bytes) -> Headers:
        """What a page may send to a path that takes those methods; `about` is added to it."""
        origin = headers.get(b"origin")
        if origin is None or b"access-control-request-method" not in headers:
            return []
        if not self._allows(origin):
            return []
        return [
            (b"access-control-allow-methods", allowed),
            (b"access-control-allow-headers", TAKES),
            (b"access-control-max-age", MAX_AGE),
        ]

    def _allows(self, origin: bytes) -> bool:
        if self._any or origin in self._listed:
            return True
        return self._local and THIS_MACHINE.match(origin) is not None
