"""What stands between browsers and the server: other origins, proxies, TLS; and what they hear."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from plaza.edge.proxies import Proxies
from plaza.edge.rest.messages import Headers
from plaza.edge.rest.origins import Origins
from plaza.edge.rest.whole import lines

SAFE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""On every answer (OWASP, HTTP headers). Pages bring their own Content-Security-Policy."""

STRICT = (b"strict-transport-security", b"max-age=31536000")
"""For a year, this host over TLS only (RFC 6797)."""

SAFE_LINES, STRICT_LINE = lines(SAFE), lines([STRICT])


class Front(Struct, frozen=True, kw_only=True):
    """`production` is where TLS, once seen, is insisted on; `secure` says that all comes by TLS."""

    proxies: Proxies = field(default_factory=Proxies)
    origins: Origins = field(default_factory=Origins)
    production: bool = False
    secure: bool = False

    def address(self, scope: Any, headers: Mapping[bytes, bytes]) -> str | None:
        """Whose request it is."""
        client = scope["client"]
        peer = client[0] if client else None
        if b"x-forwarded-for" not in headers:
            return peer
        lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return self.proxies.client(peer, b",".join(lines).decode("latin-1"))

    def about(self, scope: Any, headers: Mapping[bytes, bytes]) -> bytes:
        """The lines that go on an answer, whatever it is."""
        about = self.origins.without
        if b"origin" in headers:
            about = lines(self.origins.about(headers[b"origin"]))
        if self.production and (self.secure or self._came_by_tls(scope, headers)):
            about += STRICT_LINE
        return SAFE_LINES + about

    def _came_by_tls(self, scope: Any, headers: Mapping[bytes, bytes]) -> bool:
        if headers.get(b"x-forwarded-proto", b"").lower() != b"https":
            return False
        client = scope["client"]
        return self.proxies.trusts(client[0] if client else None)
