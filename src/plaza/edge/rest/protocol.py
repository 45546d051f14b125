"""What ASGI never hears of: endless headers, and senders that are slow on purpose.

uvicorn bounds neither. Timers are set only for a request that did not come in one piece, so that
an ordinary one pays nothing.
"""

import asyncio
import secrets
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from plaza.edge.rest.front import SAFE
from plaza.edge.rest.whole import lines

HEADER_SECONDS = 5.0
HEADER_BYTES = 32 * 1024
HEADER_COUNT = 100
BODY_LOOK_SECONDS = 5.0
BODY_BYTES_PER_LOOK = 2_560
"""Half a kilobyte a second is less than any honest network."""
FRAMING = 5
"""Bytes that a chunk of one byte costs; what is beyond is chunk extensions and trailers."""

SPOKEN = {"1.0", "1.1"}
HEADERS = lines(SAFE).decode()
BODY = (
    '{"type":"about:blank","title":"%s","status":%d,"detail":"%s",'
    '"code":"request.unreadable","request_id":"%s"}'
)


class Refusal(Exception):
    """Raised in a parser callback: the request is malformed, or too much."""


class GuardedProtocol(HttpToolsProtocol):
    """Deadlines and bounds on headers, a least speed for bodies; each refusal closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen = 0
        self._sent = 0
        self._carried = 0
        self._begun = False
        self._in_headers = True
        self._in_body = False
        self._timer: asyncio.TimerHandle | None = None
        self._status = HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEADER_SECONDS, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._seen += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            self._stop_timer()
        elif self._in_headers:
            if self._seen > HEADER_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            elif self._begun and self._timer is None:
                self._timer = self.loop.call_later(HEADER_SECONDS, self._late)
        elif self._in_body:
            if self._seen - self._carried > 2 * HEADER_BYTES + FRAMING * self._carried:
                self._refuse(HTTPStatus.BAD_REQUEST)
            elif self._timer is None:
                self._sent = self._seen
                self._timer = self.loop.call_later(BODY_LOOK_SECONDS, self._look)

    def on_message_begin(self) -> None:
        self._begun = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """No trailers: a proxy did not look at them as headers (RFC 9110, section 6.5.1)."""
        if not self._in_body:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._carried += len(body)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._stop_timer()
        if len(self.headers) > HEADER_COUNT or self._header_bytes() > HEADER_BYTES:
            self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise Refusal
        version = self.parser.get_http_version()
        if version not in SPOKEN:
            raise Refusal
        if version == "1.0" and any(name == b"transfer-encoding" for name, _ in self.headers):
            raise Refusal  # RFC 9112, section 6.1: its framing is faulty
        self._in_headers = False
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._seen = 0
        self._carried = 0
        self._begun = False
        self._in_headers = True
        self._in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        del msg
        self._refuse(self._status)

    def handle_websocket_upgrade(self) -> None:
        self._stop_timer()
        super().handle_websocket_upgrade()

    def _header_bytes(self) -> int:
        if self._seen <= HEADER_BYTES:
            return self._seen
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _late(self) -> None:
        self._timer = None
        if not self._begun:
            self.transport.close()  # nothing was asked, there is nothing to answer
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _look(self) -> None:
        """A body must get on, unless it is we who do not read."""
        self._timer = None
        if self._seen - self._sent < BODY_BYTES_PER_LOOK and not self.flow.read_paused:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            return
        self._sent = self._seen
        self._timer = self.loop.call_later(BODY_LOOK_SECONDS, self._look)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer, where no answer was begun, and close."""
        self._stop_timer()
        if self.transport.is_closing():
            return
        if self._unanswered():
            request_id = secrets.token_hex(16)
            body = BODY % (status.phrase, status, status.description or status.phrase, request_id)
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                "content-type: application/problem+json\r\n"
                f"{HEADERS}x-request-id: {request_id}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write((head + body).encode())
        self.transport.close()

    def _unanswered(self) -> bool:
        """Nobody waits for another answer first, and none to this was begun."""
        if self.cycle is None or self.cycle.response_complete:
            return True
        return not (self._in_headers or self.pipeline or self.cycle.response_started)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
