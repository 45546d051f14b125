"""What /metrics tells beside the processes' own numbers, and the table of all families."""

from collections.abc import Iterator, Mapping

import nats.errors
from msgspec import Struct

from plaza.accounts.service.sessions import Sessions
from plaza.app import meters
from plaza.edge.request_meter import DURATION, REQUESTS
from plaza.edge.rest.metrics import ANSWERED, Numbers
from plaza.platform import dead_letters, jobs, periodic, relay, sealing
from plaza.platform.broker import Broker
from plaza.platform.consumers import backlogs
from plaza.platform.database import Database
from plaza.platform.gathering import Gathering
from plaza.platform.meters import Family, Reading
from plaza.platform.problems import Unavailable
from plaza.platform.rates import Rates
from plaza.platform.stream import Stream

IN_FLIGHT = Family(
    "plaza_requests_in_flight",
    "gauge",
    "Requests that are being answered; `protocol` is http (REST and GraphQL) or grpc.",
    ("protocol",),
)
LIMITED = Family(
    "plaza_rate_limited_total", "counter", "Calls that a rule found too many.", ("rule",)
)
LOGINS = Family(
    "plaza_logins_total",
    "counter",
    "Logins; `outcome` is opened, or the code of the refusal.",
    ("outcome",),
)
JOBS = Family(
    "plaza_jobs",
    "gauge",
    "Jobs of a lane; `state` is waiting, held (worked on) or dead (given up).",
    ("lane", "state"),
)
JOBS_LATE = Family(
    "plaza_jobs_late_seconds", "gauge", "How long ago the first waiting job was due.", ("lane",)
)
PERIODIC_LATE = Family(
    "plaza_periodic_late_seconds", "gauge", "How long ago periodic work was due.", ("work",)
)
PERIODIC_FAILED = Family(
    "plaza_periodic_failed", "gauge", "1 if the work came to nothing the last time.", ("work",)
)
UNSEALED = Family("plaza_audit_unsealed", "gauge", "Lines of the audit that are not sealed yet.")
UNSEALED_LATE = Family(
    "plaza_audit_unsealed_oldest_seconds", "gauge", "The age of the first unsealed line."
)
OUTBOX = Family("plaza_outbox_unpublished", "gauge", "Events that no broker has yet.")
OUTBOX_LATE = Family(
    "plaza_outbox_oldest_seconds", "gauge", "The age of the first unpublished event."
)
BEHIND = Family(
    "plaza_reaction_behind", "gauge", "Events that a reaction has not done yet.", ("reaction",)
)
DEAD_LETTERS = Family(
    "plaza_dead_letters", "gauge", "Events that a reaction gave up.", ("reaction",)
)
PART = Family(
    "plaza_part_answered",
    "gauge",
    "1 if this part told its numbers when asked just now, else 0: they are missing then.",
    ("part",),
)

OF_WEB = (REQUESTS, DURATION, IN_FLIGHT, LIMITED, LOGINS)
OF_ROWS = (JOBS, JOBS_LATE, PERIODIC_LATE, PERIODIC_FAILED, UNSEALED, UNSEALED_LATE)
SHARED = (*OF_ROWS, OUTBOX, OUTBOX_LATE, BEHIND, DEAD_LETTERS, PART)
"""What is the same whichever process is asked."""

FAMILIES: tuple[Family, ...] = (
    *OF_WEB,
    *meters.OF_DATA,
    *SHARED,
    *meters.OF_WORK,
    *meters.OF_PROCESS,
    ANSWERED,
)


def of_web(
    in_flight: Mapping[str, int], rates: Rates | None, sessions: Sessions
) -> Iterator[Reading]:
    """`in_flight` by protocol."""
    for protocol, count in in_flight.items():
        yield Reading(IN_FLIGHT.name, (protocol,), count)
    for rule, count in rates.refused.items() if rates else ():
        yield Reading(LIMITED.name, (rule,), count)
    for outcome, count in sessions.logins.items():
        yield Reading(LOGINS.name, (outcome,), count)


def numbers_of(gathering: Gathering, database: Database, broker: Broker) -> Numbers:
    return Numbers(FAMILIES, gathering, Shared(database, broker, Stream()).read)


class Shared(Struct, frozen=True):
    """What the database and the broker know, for all processes."""

    database: Database
    broker: Broker
    stream: Stream

    async def read(self) -> list[Reading]:
        readings: list[Reading] = []
        for part, read in (("database", self._stored), ("broker", self._streamed)):
            try:
                readings += await read()
            except (Unavailable, OSError, nats.errors.Error):
                readings.append(Reading(PART.name, (part,), 0))
            else:
                readings.append(Reading(PART.name, (part,), 1))
        return readings

    async def _stored(self) -> list[Reading]:
        async with self.database.reading("platform.metrics") as connection:
            lanes = await jobs.queries(connection).standing()
            works = await periodic.queries(connection).standing()
            unsealed = await sealing.queries(connection).waiting()
            backlog = await relay.queries(connection).backlog()
            dead = await dead_letters.queries(connection).counts()
        return [
            *(reading for lane in lanes for reading in _of_lane(lane)),
            *(reading for work in works for reading in _of_periodic(work)),
            Reading(UNSEALED.name, (), unsealed.count),
            Reading(UNSEALED_LATE.name, (), unsealed.late),
            Reading(OUTBOX.name, (), backlog.waiting),
            Reading(OUTBOX_LATE.name, (), backlog.late),
            *(Reading(DEAD_LETTERS.name, (each.reaction,), each.letters) for each in dead),
        ]

    async def _streamed(self) -> list[Reading]:
        behind = await backlogs(self.broker, self.stream)
        return [Reading(BEHIND.name, (name,), count) for name, count in behind.items()]


def _of_lane(lane: jobs.Lane) -> Iterator[Reading]:
    yield Reading(JOBS.name, (lane.lane, "waiting"), lane.waiting)
    yield Reading(JOBS.name, (lane.lane, "held"), lane.held)
    yield Reading(JOBS.name, (lane.lane, "dead"), lane.dead)
    yield Reading(JOBS_LATE.name, (lane.lane,), lane.late)


def _of_periodic(work: periodic.Standing) -> Iterator[Reading]:
    yield Reading(PERIODIC_LATE.name, (work.name,), max(work.late, 0.0))
    yield Reading(PERIODIC_FAILED.name, (work.name,), int(work.error is not None))
