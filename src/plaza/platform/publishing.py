"""Into the stream by one writer at a time, whose epoch is the highest: the broker sees to it.

Every leader begins with a marker that names its epoch, and every batch names the sequence it
expects to follow. A leader that was frozen and wakes expects what came before the marker of the
next one, and is refused, however long it slept and wherever it was.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct

from plaza.platform.broker import Broker
from plaza.platform.ids import EventId
from plaza.platform.leases import LeaseLost
from plaza.platform.pulling import piece
from plaza.platform.stream import MESSAGE_ID, NOT_FOUND, Refusal, Stream

MARKER = "platform.epoch"
"""The topic of a leader's first message."""
PLACE = "Plaza-Seq"
EPOCH = "Plaza-Epoch"
EXPECTED = "Nats-Expected-Last-Sequence"
EXPECTED_OF_SUBJECT = "Nats-Expected-Last-Subject-Sequence"
DUPLICATE = 10201
OUT_OF_TURN = {10071, 10164}
ACK_SECONDS = 5.0
DIRECT_SECONDS = 5.0


class Announcement(Struct, frozen=True):
    """A row of the outbox on its way."""

    seq: int
    id: EventId
    topic: str
    payload: bytes
    created_at: datetime


class Refused(Exception):
    """The broker did not take it; of a batch it took nothing."""


class _OutOfTurn(Refused):
    """Something else was written meanwhile."""


class _Known(Refused):
    """An id in the batch is in the stream already."""


class _Ack(Struct, frozen=True):
    error: Refusal | None = None
    seq: int = 0
    duplicate: bool = False


class Publisher:
    def __init__(self, broker: Broker, stream: Stream) -> None:
        self._broker = broker
        self._stream = stream
        self._epoch = ""
        self._last = -1

    async def lead(self, epoch: int) -> None:
        """Nobody with a lower epoch writes any more. Raises LeaseLost where somebody has a higher.

        Raises Refused, OSError and nats.errors.Error, and may then be called again.
        """
        # Asked for first: a marker that comes after it makes what is expected wrong.
        last = await self._stream.last(self._broker)
        seq, leader = await self._marker()
        if leader > epoch:
            raise LeaseLost(f"epoch {leader} leads, not {epoch}", leader)
        self._epoch = str(epoch)
        if leader == epoch and last is not None:
            self._last = last
        else:
            headers = {EXPECTED_OF_SUBJECT: str(seq)}
            await self._ask(self._stream.subject(MARKER), self._epoch.encode(), headers)

    async def publish(self, rows: Sequence[Announcement]) -> None:
        """Each is in the stream once, in this order, also those that were there.

        Raises what `lead` raises; the outcome is then unknown, and `lead` comes first.
        """
        try:
            await self._together(rows)
        except _Known:
            for row in rows:
                headers = {**self._headers(row), EXPECTED: str(self._last)}
                await self._ask(self._stream.subject(row.topic), row.payload, headers)

    async def latest(self, count: int) -> list[tuple[int, UUID]]:
        """Place in the outbox and id of the last ones in the stream, about so many."""
        first = max(1, self._last - count + 1)
        found = await piece(self._broker, self._stream.name, first, count, seconds=DIRECT_SECONDS)
        headers = [each.headers or {} for each in found]
        return [
            (int(each[PLACE]), UUID(each[MESSAGE_ID]))
            for each in headers
            if PLACE in each and MESSAGE_ID in each
        ]

    async def _together(self, rows: Sequence[Announcement]) -> None:
        """All or none (atomic batch publish, NATS 2.12). An id it knows refuses the batch."""
        batch = secrets.token_hex(8)
        for number, row in enumerate(rows, 1):
            headers = self._headers(row)
            headers["Nats-Batch-Id"] = batch
            headers["Nats-Batch-Sequence"] = str(number)
            if number == 1:
                headers[EXPECTED] = str(self._last)
            subject = self._stream.subject(row.topic)
            if number < len(rows):
                await self._broker.publish(subject, row.payload, headers)
            else:
                headers["Nats-Batch-Commit"] = "1"
                await self._ask(subject, row.payload, headers)

    def _headers(self, row: Announcement) -> dict[str, str]:
        return {MESSAGE_ID: row.id.hex, PLACE: str(row.seq), EPOCH: self._epoch}

    async def _ask(self, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        answer = await self._broker.ask(subject, payload, headers, seconds=ACK_SECONDS)
        ack = msgspec.json.decode(answer, type=_Ack)
        if ack.error is not None:
            told = f"{subject}: {ack.error.description}"
            if ack.error.err_code == DUPLICATE:
                raise _Known(told)
            raise _OutOfTurn(told) if ack.error.err_code in OUT_OF_TURN else Refused(told)
        if not ack.duplicate:
            self._last = ack.seq

    async def _marker(self) -> tuple[int, int]:
        """Sequence and epoch of the last leader's."""
        body = {"last_by_subj": self._stream.subject(MARKER)}
        told = await self._stream.ask(self._broker, f"STREAM.MSG.GET.{self._stream.name}", body)
        if told.message is not UNSET:
            return told.message.seq, int(told.message.data)
        if told.error is not UNSET and told.error.code != NOT_FOUND:
            raise Refused(told.error.description)
        return 0, 0
