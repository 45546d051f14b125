"""A process that answers: from its start to its end."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from plaza.app.contexts import ROUTES, contexts
from plaza.app.edges import (
    authenticate_of,
    caller_tokens,
    front_of,
    limits_of,
    memory_of,
    operator_of,
    rates_of,
    router_over,
    serving,
)
from plaza.app.meters import of_data, of_process
from plaza.app.metrics import numbers_of, of_web
from plaza.app.process import RELEASE, VERSION, invalidation_of, migrated, start_logs
from plaza.app.services import Built, build_contexts, mailer_of
from plaza.edge.access_log import AccessLogger
from plaza.edge.grpc.calls import Calls
from plaza.edge.grpc.identity import Identity
from plaza.edge.grpc.server import GrpcServer
from plaza.edge.request_meter import RequestMeter
from plaza.edge.rest.dev_mail import add_dev_mail
from plaza.edge.rest.docs import add_docs
from plaza.edge.rest.docs_page import Here
from plaza.edge.rest.metrics import add_metrics
from plaza.edge.rest.operator import add_operator
from plaza.edge.rest.server import Server
from plaza.platform import jobs, periodic, sealing
from plaza.platform.broker import Broker
from plaza.platform.caches.invalidation import Invalidation
from plaza.platform.database import Database
from plaza.platform.dead_letters import DeadLetters
from plaza.platform.gathering import Gathering
from plaza.platform.health import Health
from plaza.platform.logs import AccessLog
from plaza.platform.mail_folder import FolderMailer
from plaza.platform.meters import Meters
from plaza.platform.outbox_watch import OutboxWatch
from plaza.platform.poking import Poke, Pokes
from plaza.platform.pool import Pool, open_pool
from plaza.platform.rates import Rates
from plaza.platform.relay import POKE
from plaza.platform.stream import Stream
from plaza.platform.valkey import ValkeyClient
from plaza.platform.vitals import Monitor
from plaza.settings import Settings


class App:
    """`start` before the first request, `stop` after the last; `asgi` in between.

    `drain` says that the end is near: probes are told to send nobody here any more.
    """

    asgi: Server
    health: Health

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open = AsyncExitStack()
        self._calls: Calls | None = None

    async def start(self, place: Path | None = None) -> None:
        """`place` is where the processes of one Plaza find each other (gathering.py)."""
        settings = self._settings
        start_logs(settings)
        enter = self._open.enter_async_context
        pool = await enter(open_pool(settings.database_url))
        broker = await enter(Broker(settings.nats_url))
        valkey = await enter(ValkeyClient(settings.redis_url))
        database = _database(pool, broker)
        built = build_contexts(database, valkey, settings)
        self._open.callback(built.accounts.passwords.close)
        invalidation = invalidation_of(database, broker, built)
        await enter(_running(invalidation.run()))
        self.health = _health(database, broker, valkey, invalidation)
        served = contexts(built)
        front = front_of(settings)
        rates = rates_of(settings)
        memory = memory_of(settings, database)
        authenticate = authenticate_of(built, rates)
        observe = RequestMeter(AccessLogger(AccessLog(settings.access_log)))
        router = router_over(served, memory, self.health, rates, limits_of(settings))
        add_docs(router, ROUTES, RELEASE, Here(settings.reached_at, VERSION))
        monitor = Monitor(pool, invalidation.look, VERSION)
        operator = operator_of(settings, authenticate, rates)
        meters = self._meters(built, database, rates, monitor)
        meters.add(observe.readings)
        numbers = numbers_of(await enter(Gathering(meters, place)), database, broker)
        add_operator(router, operator, self.health, monitor.look)
        add_metrics(router, operator, numbers)
        await enter(_running(monitor.run()))
        mailer = mailer_of(settings)
        if settings.environment == "development" and isinstance(mailer, FolderMailer):
            add_dev_mail(router, mailer)
        seconds = settings.request_seconds
        self.asgi = Server(router, authenticate, observe, request_seconds=seconds, front=front)
        await enter(_running(self.asgi.deadlines.run()))
        await enter(_running(built.accounts.revocations.run()))
        if settings.grpc_port:
            identity = Identity(authenticate, caller_tokens(settings), front.proxies)
            calls = self._calls = Calls(identity, observe, request_seconds=seconds)
            offered = [(each.service, each.api, memory) for each in served]
            await enter(serving(GrpcServer(offered, calls, rates=rates), settings))
        self.health.started = True

    def drain(self) -> None:
        self.health.draining = True

    async def stop(self) -> None:
        await self._open.aclose()

    def _meters(
        self, built: Built, database: Database, rates: Rates | None, monitor: Monitor
    ) -> Meters:
        return Meters(
            lambda: of_web(self._in_flight(), rates, built.accounts.sessions),
            lambda: of_data(database, built),
            lambda: of_process(monitor.look()),
        )

    def _in_flight(self) -> dict[str, int]:
        grpc = self._calls.running if self._calls else 0
        return {"http": len(self.asgi.deadlines.due), "grpc": grpc}


def build(settings: Settings) -> App:
    return App(settings)


def _database(pool: Pool, broker: Broker) -> Database:
    """Whoever works is told what was committed."""
    database = Database(pool)
    database.announced = Poke(broker, POKE)
    database.enqueued = Pokes(broker, jobs.POKE)
    return database


def _health(
    database: Database, broker: Broker, valkey: ValkeyClient, invalidation: Invalidation
) -> Health:
    """Without the database, or with one older than this code, there is nothing to answer with."""
    return Health(
        needed={"database": database.check, "migrations": migrated(database).check},
        useful={
            "broker": broker.check,
            "events": OutboxWatch(database, Stream()).check,
            "dead_letters": DeadLetters(database).check,
            "cache": valkey.check,
            "memory": invalidation.check,
            "jobs": partial(jobs.check, database),
            "periodic": partial(periodic.check, database),
            "audit": partial(sealing.check, database),
        },
    )


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
