"""What one process changes, all forget: by core NATS at commit, and by the relay from the outbox.

The word at commit is quick and may be lost; the relay's is sure, for it reads what was committed.
A process that does not hear the relay (beats.py) answers from no memory until it hears it again,
and then begins with an empty one: no call to the broker's client is asked whether it is connected.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from plaza.platform.broker import Broker
from plaza.platform.caches import Caches
from plaza.platform.caches.beats import Beat, Pulse
from plaza.platform.events import Event
from plaza.platform.health import Degraded

log = structlog.get_logger()

SUBJECT = "plaza.outdated"
MOST_IDS = 5_000
"""In one message; of more it is said that anything may be outdated."""


class News(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`outdated` by noun, and `everything` where not all of it can be named."""

    outdated: dict[str, list[UUID]] = {}
    everything: bool = False
    beat: Beat | None = None


class CacheVitals(Struct, frozen=True, kw_only=True):
    """`doubted` are reads of the truth though something was kept: stale answers avoided.

    `heard` are the ids that this process was told to forget, `emptied` how often it forgot all,
    `beat_seconds` how long ago it felt the last beat.
    """

    kept: int
    doubted: int
    heard: int
    emptied: int
    beat_seconds: float | None


class Invalidation:
    """One per process. The caches are trusted as long as it hears the beat, and not before."""

    def __init__(
        self, broker: Broker, caches: Caches, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._broker = broker
        self._caches = caches
        self._clock = clock
        self._pulse = Pulse()
        self._unsaid: dict[str, set[UUID]] = defaultdict(set)
        self._heard = 0
        self._emptied = 0
        caches.trust(self._pulse.until)

    def tell(self, events: Sequence[Event]) -> None:
        """These were committed: forget what they outdate here at once, elsewhere very soon."""
        outdated = self._caches.outdate(events)
        if outdated and not self._unsaid:  # one message for all of a turn of the loop
            asyncio.get_running_loop().call_soon(self._say)
        for noun, ids in outdated.items():
            self._unsaid[noun].update(ids)

    async def run(self) -> None:
        """Hear what others tell, until it is cancelled."""
        async with self._broker.listening(SUBJECT, lambda message: self.hear(message.data)):
            await asyncio.Event().wait()

    def hear(self, payload: bytes) -> None:
        try:
            news = msgspec.json.decode(payload, type=News)
        except msgspec.MsgspecError as error:
            log.warning("what is outdated could not be read", error=repr(error))
            news = News(everything=True)
        broken = news.beat is not None and not self._feel(news.beat)
        if broken or news.everything:
            self._emptied += 1
            self._caches.forget_all()
        else:
            self._heard += sum(len(ids) for ids in news.outdated.values())
            self._caches.forget(news.outdated)

    async def check(self) -> None:
        """Raises Degraded while nothing is answered from memory."""
        now = self._clock()
        if now >= self._pulse.until:
            silent = now - self._pulse.felt_at
            since = "was heard yet" if silent == float("inf") else f"for {silent:.1f} s"
            raise Degraded(f"no beat of the relay {since}: every read asks the database")

    def look(self) -> CacheVitals:
        silent = self._clock() - self._pulse.felt_at
        return CacheVitals(
            kept=self._caches.kept,
            doubted=self._caches.doubted,
            heard=self._heard,
            emptied=self._emptied,
            beat_seconds=None if silent == float("inf") else round(silent, 3),
        )

    def _feel(self, beat: Beat) -> bool:
        unbroken = self._pulse.feel(beat, self._clock())
        self._caches.trust(self._pulse.until)
        return unbroken

    def _say(self) -> None:
        unsaid, self._unsaid = self._unsaid, defaultdict(set)
        self._broker.whisper(SUBJECT, msgspec.json.encode(news_of(unsaid)))


def news_of(
    outdated: Mapping[str, Collection[UUID]], *, whole: bool = True, beat: Beat | None = None
) -> News:
    """`whole` if nothing else is outdated that is not known here."""
    if whole and sum(len(ids) for ids in outdated.values()) <= MOST_IDS:
        return News(outdated={noun: list(ids) for noun, ids in outdated.items()}, beat=beat)
    return News(everything=True, beat=beat)
