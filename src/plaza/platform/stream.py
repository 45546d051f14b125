"""The stream that events travel in: a pipe, rebuilt from the outbox if it is lost."""

import asyncio
from typing import Any

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
LOOK_SECONDS = 0.1
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
            "allow_direct": True,
        }
        verb = "CREATE" if await self.last(broker) is None else "UPDATE"
        told = await self.ask(broker, f"STREAM.{verb}.{self.name}", wanted)
        if told.error is not UNSET:
            raise ConnectionError(f"the broker cannot keep events: {told.error.description}")

    async def last(self, broker: Broker) -> int | None:
        """The sequence of the last message that ever was in it; None if it is not there."""
        told = await self.ask(broker, f"STREAM.INFO.{self.name}", {})
        if told.error is UNSET:
            return told.state.last_seq
        if told.error.code == NOT_FOUND:
            return None
        raise ConnectionError(f"the broker does not show the stream: {told.error.description}")

    async def delete(self, broker: Broker) -> None:
        """With all that reads from it. Also when it is not there."""
        told = await self.ask(broker, f"STREAM.DELETE.{self.name}", {})
        if told.error is not UNSET and told.error.code != NOT_FOUND:
            raise ConnectionError(f"the broker keeps the stream: {told.error.description}")

    async def ask(self, broker: Broker, call: str, body: dict[str, Any]) -> "Told":
        """JetStream's own answer, which may be an error. Raises what the connection raises."""
        answer = await broker.ask(f"$JS.API.{call}", msgspec.json.encode(body), {}, seconds=SECONDS)
        return msgspec.json.decode(answer, type=Told)


class Refusal(Struct, frozen=True):
    code: int
    err_code: int = 0
    description: str = ""


class _State(Struct, frozen=True):
    last_seq: int = 0
    subjects: dict[str, int] = {}


class _Stored(Struct, frozen=True):
    """`data` is base64 in the answer."""

    seq: int
    data: bytes = b""


class _Floor(Struct, frozen=True):
    stream_seq: int = 0


class _Config(Struct, frozen=True):
    opt_start_seq: int = 0


class Told(Struct, frozen=True):
    """What is read of the answers of JetStream's API; each has a few of these."""

    error: Refusal | UnsetType = UNSET
    state: _State = _State()
    message: _Stored | UnsetType = UNSET
    consumers: list[str] = []
    config: _Config = _Config()
    ack_floor: _Floor = _Floor()
    num_pending: int = 0
    num_ack_pending: int = 0


async def until_there(stream: Stream, broker: Broker) -> None:
    """Whoever writes to the stream makes it: an empty one would hide that something is lost."""
    while True:
        try:
            if await stream.last(broker) is not None:
                return
        except (OSError, nats.errors.Error) as error:
            log.warning("no stream yet", error=repr(error))
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.sleep(LOOK_SECONDS)
