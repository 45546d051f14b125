"""What a call may wait for, and streams that end: nobody holds a part of the server for ever."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from grpc import StatusCode
from grpc.aio import EOF

from plaza.edge.grpc.limits import Limits

LATE = "the message did not come in time"
NONE = "there is no message"
MANY = "too many streams are open"
AGAIN = "this stream lasted as long as one may; open the next"


async def message(context: Any, limits: Limits) -> Any:
    """The first message of a call. Ends the call if none comes in `message_seconds`."""
    sent = EOF
    try:
        async with asyncio.timeout(limits.message_seconds):
            sent = await context.read()
    except TimeoutError:
        await context.abort(StatusCode.DEADLINE_EXCEEDED, LATE)
    if sent is EOF:
        await context.abort(StatusCode.INVALID_ARGUMENT, NONE)
    return sent


class Streams:
    """Those open now, by address; they end UNAVAILABLE, on which clients come again."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()

    @asynccontextmanager
    async def lasting(self, seconds: float, context: Any) -> AsyncIterator[None]:
        address = context.peer().rpartition(":")[0]
        limits = self._limits
        if self._open.total() >= limits.streams or self._open[address] >= limits.address_streams:
            await context.abort(StatusCode.RESOURCE_EXHAUSTED, MANY)
        self._open[address] += 1
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            await context.abort(StatusCode.UNAVAILABLE, AGAIN)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
