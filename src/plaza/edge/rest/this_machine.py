"""Whether a request is from this machine, and meant it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from plaza.edge.rest.messages import Request

NAMES = {"localhost", "127.0.0.1", "::1"}


def is_this_machine(request: Request) -> bool:
    """Not for pages that reach it under a name of their own (DNS rebinding)."""
    try:
        near = ip_address(request.caller.origin.address or "").is_loopback
        host = urlsplit(f"//{request.headers.get(b'host', b'').decode('latin-1')}").hostname
    except ValueError:
        return False
    return near and host in NAMES
