"""How far a reaction is: a consumer in the broker, a new one for everyone who takes over.

The new one goes on after the last message of which all before were acknowledged, so that what its
predecessor had in hand comes again, in order; and the old one is gone, so that its predecessor
gets and acknowledges nothing more.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from plaza.platform.broker import Broker
from plaza.platform.leases import LeaseLost
from plaza.platform.pulling import Interrupted
from plaza.platform.stream import NANOSECONDS, NOT_FOUND, SECONDS, Stream, Told

ACK_SECONDS = 3600
"""Long: who takes over does not wait for it, and nothing else is sent again by itself."""
IN_HAND = 20_000


class Turn(Struct, frozen=True, order=True):
    """Who runs a reaction: under which epoch of its lease, and for the how manyeth time."""

    epoch: int
    run: int


class _Listed(Struct, frozen=True):
    name: str
    num_pending: int
    num_ack_pending: int


class _List(Struct, frozen=True):
    consumers: list[_Listed] = []


async def backlogs(broker: Broker, stream: Stream) -> dict[str, int]:
    """By reaction, the events it has not done yet. Raises what the connection raises."""
    call = f"$JS.API.CONSUMER.LIST.{stream.name}"
    told = msgspec.json.decode(await broker.ask(call, b"", {}, seconds=SECONDS), type=_List)
    waiting: dict[str, int] = {}
    for each in told.consumers:  # two of one reaction while somebody takes over
        reaction = each.name.partition("-")[0].replace("_", ".", 1)
        waiting[reaction] = max(waiting.get(reaction, 0), each.num_pending + each.num_ack_pending)
    return waiting


class Consumers:
    """Those of one reaction. All methods raise Interrupted and what the connection raises."""

    def __init__(self, broker: Broker, stream: Stream, reaction: str) -> None:
        self._broker = broker
        self._stream = stream
        self._name = reaction.replace(".", "_")

    async def succeed(self, turn: Turn, subjects: Sequence[str]) -> str:
        """The name of the consumer of this turn. Raises LeaseLost where a later turn has begun."""
        earlier = await self._known()
        start = 1
        if earlier:
            last = max(earlier)
            if last >= turn:
                raise LeaseLost(self._name, last.epoch)
            start = await self._rest_of(earlier[last])
        name = f"{self._name}-{turn.epoch}-{turn.run}"
        await self._create(name, subjects, start)
        for each in earlier.values():
            await self._ask(f"DELETE.{self._stream.name}.{each}", missing_ok=True)
        return name

    async def _known(self) -> dict[Turn, str]:
        told = await self._ask(f"NAMES.{self._stream.name}")
        found = {}
        for name in told.consumers:
            head, _, tail = name.partition("-")
            if head == self._name:
                epoch, _, run = tail.partition("-")
                found[Turn(int(epoch or 0), int(run or 0))] = name
        return found

    async def _rest_of(self, name: str) -> int:
        told = await self._ask(f"INFO.{self._stream.name}.{name}")
        return max(told.ack_floor.stream_seq + 1, told.config.opt_start_seq)

    async def _create(self, name: str, subjects: Sequence[str], start: int) -> None:
        config = {
            "name": name,
            "durable_name": name,
            "filter_subjects": sorted(subjects),
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": start,
            "ack_policy": "explicit",
            "ack_wait": ACK_SECONDS * NANOSECONDS,
            "max_ack_pending": IN_HAND,
        }
        body = {"stream_name": self._stream.name, "config": config, "action": "create"}
        await self._ask(f"CREATE.{self._stream.name}.{name}", body)

    async def _ask(
        self, call: str, body: dict[str, Any] | None = None, *, missing_ok: bool = False
    ) -> Told:
        told = await self._stream.ask(self._broker, f"CONSUMER.{call}", body or {})
        if told.error is not UNSET and not (missing_ok and told.error.code == NOT_FOUND):
            raise Interrupted(f"{call}: {told.error.description}")
        return told
