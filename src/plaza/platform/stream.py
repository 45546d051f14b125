"""The stream that events travel in: a pipe, rebuilt from the outbox if it is lost."""

import asyncio

import msgspec
import nats.errors
import structlog
from msgspec import UNSET, Struct, UnsetType

from plaza.platform.broker import Broker

log = structlog.get_logger()

MESSAGE_ID = "Nats-Msg-Id"
"""The header with an event's own id, by which the broker knows it again."""

DAYS = 7
PAUSE_SECONDS = 1.0
NANOSECONDS = 1_000_000_000
SAME_ID_SECONDS = 120
NOT_FOUND = 404
SECONDS = 5.0


class Stream(Struct, frozen=True):
    """`name` is also the first word of every subject in it."""

    name: str = "events"
    replicas: int = 1

    def subject(self, topic: str) -> str:
        return f"{self.name}.{topic}"

    async def ensure(self, broker: Broker) -> None:
        """Make it, or make it as it should be. Raises what the broker says if it cannot."""
        wanted = {
            "name": self.name,
            "subjects": [f"{self.name}.>"],
            "storage": "file",
            "retention": "limits",
            "max_age": DAYS * 86_400 * NANOSECONDS,
            "duplicate_window": SAME_ID_SECONDS * NANOSECONDS,
            "num_replicas": self.replicas,
            "allow_atomic": True,
        }
        verb = "UPDATE" if await self._exists(broker) else "CREATE"
        told = await self._api(broker, f"STREAM.{verb}.{self.name}", wanted)
        if told.error is not UNSET:
            raise ConnectionError(f"the broker cannot keep events: {told.error.description}")

    async def _exists(self, broker: Broker) -> bool:
        told = await self._api(broker, f"STREAM.INFO.{self.name}", {})
        return told.error is UNSET or told.error.code != NOT_FOUND

    async def _api(self, broker: Broker, call: str, body: dict[str, object]) -> "_Answer":
        answer = await broker.ask(f"$JS.API.{call}", msgspec.json.encode(body), {}, seconds=SECONDS)
        return msgspec.json.decode(answer, type=_Answer)


class _Error(Struct):
    code: int
    description: str = ""


class _Answer(Struct):
    error: _Error | UnsetType = UNSET


async def prepare(stream: Stream, broker: Broker) -> None:
    """The stream is there, however long the broker takes to come."""
    while True:
        try:
            await stream.ensure(broker)
        except (OSError, nats.errors.Error) as error:
            log.warning("no stream yet", error=repr(error))
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
