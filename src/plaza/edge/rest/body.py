"""Read a request's body: the right type, not too much of it, and no longer than someone sends."""

from plaza.edge.rest.messages import Request
from plaza.edge.rest.problems import TooLarge, WrongMediaType
from plaza.platform.problems import Unreadable

JSON_BYTES = 1024 * 1024
JSON_TYPES = {b"application/json", b"application/json;charset=utf-8"}


class Disconnected(Exception):
    """The client is gone; there is nobody to answer."""


async def read_json_body(request: Request) -> bytes:
    """The whole body of a JSON request, at most 1 MiB.

    Raises WrongMediaType, TooLarge, Unreadable (no body), Disconnected.
    """
    kind = request.headers.get(b"content-type", b"").lower().replace(b" ", b"").replace(b'"', b"")
    if kind not in JSON_TYPES or request.headers.get(b"content-encoding", b"identity") not in (
        b"identity",
        b"",
    ):
        raise WrongMediaType
    if int(request.headers.get(b"content-length", b"0")) > JSON_BYTES:
        raise TooLarge(f"at most {JSON_BYTES} bytes")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > JSON_BYTES:
            raise TooLarge(f"at most {JSON_BYTES} bytes")
        chunks.append(chunk)
        if not message.get("more_body", False):
            break
    if not size:
        raise Unreadable("the body is empty; this operation takes a JSON object")
    return b"".join(chunks)
