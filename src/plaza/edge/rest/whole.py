"""A whole answer in one write: ASGI makes two of it, and looks at each header twice.

Where `send` is not uvicorn's own, or the client reads too slowly, the answer goes the way that
ASGI describes.
"""

from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from plaza.edge.rest.messages import Headers

CLOSE = b"connection: close\r\n"
STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


def lines(headers: Headers) -> bytes:
    """Header lines as they are sent. Raises ValueError for what would be more lines than that."""
    text = b"".join([b"%b: %b\r\n" % header for header in headers])
    if not text.count(b"\r") == text.count(b"\n") == len(headers) or b"\0" in text:
        raise ValueError("a header holds what ends it")
    return text


def headers(text: bytes) -> Headers:
    """The opposite of `lines`."""
    pairs = [line.partition(b": ") for line in text.split(b"\r\n")[:-1]]
    return [(name, value) for name, _, value in pairs]


def answer(send: Any, status: int, head: bytes, body: bytes) -> bool:
    """All that uvicorn's `send` would do for one answer. False where it cannot be done now."""
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or cycle.flow.write_paused:
        return False
    if cycle.disconnected:
        return True
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    about = STATUS_LINES[status]
    for header in cycle.default_headers:
        about += b"%b: %b\r\n" % header
        if header[0] == b"connection":
            cycle.keep_alive = False
    if not cycle.keep_alive and CLOSE not in about:
        head += CLOSE
    if cycle.scope["method"] == "HEAD":
        body = b""
    cycle.transport.write(b"%b%b\r\n%b" % (about, head, body))
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
