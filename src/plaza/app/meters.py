"""What every process counts of itself, and what a worker counts besides."""

import time
from collections.abc import Iterator
from pathlib import Path

from plaza.app.services import Built
from plaza.platform.database import Database
from plaza.platform.meters import Family, Reading
from plaza.platform.reactions import Reactions
from plaza.platform.relay import Relay
from plaza.platform.vitals import Vitals

DESCRIPTORS = Path("/proc/self/fd")

INFO = Family("plaza_info", "gauge", "Always 1; which release the process runs.", ("version",))
CPU = Family("process_cpu_seconds_total", "counter", "Seconds of a core, of user and system.")
MEMORY = Family("process_resident_memory_bytes", "gauge", "Memory that is held.")
STARTED = Family("process_start_time_seconds", "gauge", "When it began, in seconds since 1970.")
OPEN_FILES = Family("process_open_fds", "gauge", "Files and sockets that are open.")
THREADS = Family("plaza_threads", "gauge", "Threads that run.")
TASKS = Family("plaza_tasks", "gauge", "Tasks on the event loop.")
LAG = Family(
    "plaza_event_loop_lag_seconds", "gauge", "How late the event loop came to its last look."
)
CONNECTIONS = Family(
    "plaza_database_connections",
    "gauge",
    "Connections of the pool to Postgres; `state` is idle or busy.",
    ("state",),
)
CALLERS = Family("plaza_database_waiting", "gauge", "Callers that wait for a connection.")
CACHED = Family(
    "plaza_cache_reads_total",
    "counter",
    "Facts asked for; `outcome` is a hit, a miss, or doubted: kept, but nobody vouched for it.",
    ("noun", "outcome"),
)
BEAT = Family(
    "plaza_cache_beat_age_seconds",
    "gauge",
    "How long ago the relay was heard; after 0.75 s every read asks the database.",
)
OUTDATED = Family(
    "plaza_cache_outdated_total", "counter", "Ids that a process was told to forget by others."
)
EMPTIED = Family(
    "plaza_cache_emptied_total",
    "counter",
    "How often a process forgot all, since it may have missed something.",
)
ANNOUNCED = Family(
    "plaza_events_announced_total",
    "counter",
    "What people did, by what was announced of it: registrations, posts, comments, follows.",
    ("topic",),
)
FEED = Family(
    "plaza_feed_reads_total",
    "counter",
    "Reads of ids for a feed; `source` is a timeline, one that was built just then, or postgres.",
    ("source",),
)
BATCHES = Family("plaza_relay_batches_total", "counter", "Batches of events that were published.")
RELAYED = Family("plaza_relay_events_total", "counter", "Events that were published.")
NOT_RELAYED = Family(
    "plaza_relay_failures_total", "counter", "Tries to publish a batch that came to nothing."
)
REACTED = Family(
    "plaza_reaction_events_total",
    "counter",
    "Events that a reaction was told; `outcome` is done, or failed for a try that was not.",
    ("reaction", "outcome"),
)

OF_PROCESS = (INFO, CPU, MEMORY, STARTED, OPEN_FILES, THREADS, TASKS, LAG)
OF_DATA = (CONNECTIONS, CALLERS, CACHED, BEAT, OUTDATED, EMPTIED, ANNOUNCED, FEED)
OF_WORK = (BATCHES, RELAYED, NOT_RELAYED, REACTED)


def of_process(vitals: Vitals) -> Iterator[Reading]:
    yield Reading(INFO.name, (vitals.version,), 1)
    yield Reading(CPU.name, (), time.process_time())
    yield Reading(MEMORY.name, (), vitals.memory_bytes)
    yield Reading(STARTED.name, (), time.time() - vitals.uptime_seconds)
    if DESCRIPTORS.exists():
        yield Reading(OPEN_FILES.name, (), len([*DESCRIPTORS.iterdir()]))
    yield Reading(THREADS.name, (), vitals.threads)
    yield Reading(TASKS.name, (), vitals.tasks)
    yield Reading(LAG.name, (), vitals.loop_lag_ms / 1000)
    if vitals.caches.beat_seconds is not None:
        yield Reading(BEAT.name, (), vitals.caches.beat_seconds)
    yield Reading(OUTDATED.name, (), vitals.caches.heard)
    yield Reading(EMPTIED.name, (), vitals.caches.emptied)
    yield Reading(CONNECTIONS.name, ("idle",), vitals.pool.idle)
    yield Reading(CONNECTIONS.name, ("busy",), vitals.pool.busy)
    yield Reading(CALLERS.name, (), vitals.pool.waiting)


def of_data(database: Database, built: Built) -> Iterator[Reading]:
    for noun, loader in built.caches.loaders.items():
        yield Reading(CACHED.name, (noun, "hit"), loader.hits)
        yield Reading(CACHED.name, (noun, "miss"), loader.misses - loader.doubted)
        yield Reading(CACHED.name, (noun, "doubted"), loader.doubted)
    for topic, count in database.topics.items():
        yield Reading(ANNOUNCED.name, (topic,), count)
    for source, count in built.feed.sources.items():
        yield Reading(FEED.name, (source,), count)


def of_relay(relay: Relay) -> Iterator[Reading]:
    yield Reading(BATCHES.name, (), relay.batches)
    yield Reading(RELAYED.name, (), relay.relayed)
    yield Reading(NOT_RELAYED.name, (), relay.failures)


def of_reactions(reactions: Reactions) -> Iterator[Reading]:
    yield Reading(REACTED.name, (reactions.name, "done"), reactions.done)
    yield Reading(REACTED.name, (reactions.name, "failed"), reactions.failures)
