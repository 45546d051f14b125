"""Under which ids a request runs: those it brought when well-formed, else made here."""

import itertools
import re
import secrets

REQUEST_ID = re.compile(rb"^[A-Za-z0-9._:/+=-]{1,128}$")
TRACEPARENT = re.compile(rb"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Traces:
    """Ids unlike any other's, and cheap: this process and a count."""

    def __init__(self) -> None:
        self._process = secrets.token_hex(8)
        self._count = itertools.count(1).__next__

    def ids(self, traceparent: bytes | None, request_id: bytes | None) -> tuple[str, str]:
        """The trace id (W3C Trace Context) and the request id."""
        traced = None if traceparent is None else TRACEPARENT.match(traceparent)
        trace_id = traced[1].decode() if traced else f"{self._process}{self._count():016x}"
        if request_id is not None and REQUEST_ID.match(request_id):
            return trace_id, request_id.decode()
        return trace_id, trace_id
