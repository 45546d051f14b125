"""The composition root, the only wiring: which contexts run here, and what they talk to."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any

import redis.asyncio
from msgspec import Struct

from plaza.accounts import graphql as accounts_graphql
from plaza.accounts import grpc as accounts_grpc
from plaza.accounts import rest as accounts_rest
from plaza.accounts.service import Services as AccountServices
from plaza.accounts.service import Terms
from plaza.accounts.service import build as build_accounts
from plaza.accounts.service.access_tokens import TokenRules
from plaza.accounts.service.invitations import LANE as MAIL
from plaza.accounts.service.keys import Keys, find_keys
from plaza.accounts.service.passwords import HashCost
from plaza.accounts.service.sweeping import Sweeping
from plaza.edge.access_log import AccessLogger
from plaza.edge.authentication import Authenticate
from plaza.edge.contracts import graphql_schema
from plaza.edge.graphql.endpoint import handler as graphql_handler
from plaza.edge.graphql.fields import Fields, serve
from plaza.edge.grpc.caller_token import CallerTokens
from plaza.edge.grpc.calls import Calls
from plaza.edge.grpc.identity import Identity
from plaza.edge.grpc.methods import Service
from plaza.edge.grpc.server import GrpcServer
from plaza.edge.operations import Bound, Memory
from plaza.edge.proxies import Proxies
from plaza.edge.rest.body import JSON_BYTES
from plaza.edge.rest.button_pages import ButtonPage, add_button_page
from plaza.edge.rest.dev_mail import add_dev_mail
from plaza.edge.rest.docs import add_docs
from plaza.edge.rest.front import Front
from plaza.edge.rest.health import add_health
from plaza.edge.rest.operator import Operator, add_operator
from plaza.edge.rest.origins import Origins
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import Route, handler, route
from plaza.edge.rest.server import Server
from plaza.edge.rest.text_limits import text_limits
from plaza.people import graphql as people_graphql
from plaza.people import grpc as people_grpc
from plaza.people import rest as people_rest
from plaza.people.reactions import PeopleReactions
from plaza.people.service import People
from plaza.platform import migrations
from plaza.platform.broker import Broker
from plaza.platform.database import Database
from plaza.platform.forgetting import Forgetting
from plaza.platform.health import Health
from plaza.platform.jobs import Jobs, forget_dead
from plaza.platform.leases import Leases
from plaza.platform.limits import KnownLimits, Limits, LimitsApi
from plaza.platform.logs import AccessLog, Process, start_logging
from plaza.platform.mail import Mailer
from plaza.platform.mail_folder import FolderMailer
from plaza.platform.mailers import open_mailer
from plaza.platform.migrated import Migrated
from plaza.platform.pool import open_pool
from plaza.platform.rates import Rates, Rule, Rules
from plaza.platform.reactions import Reactions
from plaza.platform.relay import Relay
from plaza.platform.stream import Stream
from plaza.platform.sweeping import Sweeper
from plaza.platform.vitals import Monitor
from plaza.posts import graphql as posts_graphql
from plaza.posts import grpc as posts_grpc
from plaza.posts import rest as posts_rest
from plaza.posts.service import Comments, Posts
from plaza.settings import Settings, items

CACHE_SECONDS = 60.0
RELEASE = version("plaza").partition(".dev")[0]
LIMITS = route("GET /v1/limits", LimitsApi.get)
ROUTES: Sequence[Route] = (
    *accounts_rest.REGISTRATIONS,
    *accounts_rest.SESSIONS,
    *accounts_rest.ACCOUNTS,
    *people_rest.ROUTES,
    *posts_rest.ROUTES,
    *posts_rest.COMMENTS,
    LIMITS,
)
"""Every route there is, and so what the contract says, wherever it is answered."""


class Context(Struct, frozen=True):
    """A context as this process answers it, and what the edges call its operations."""

    api: object
    routes: Sequence[Route]
    service: Service
    fields: Fields
    pages: Sequence[ButtonPage] = ()


class App:
    """`start` before the first request, `stop` after the last; `asgi` in between.

    `drain` says that the end is near: probes are told to send nobody here any more.
    """

    asgi: Server
    health: Health

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open = AsyncExitStack()

    async def start(self) -> None:
        settings = self._settings
        start_logging(_process(settings), settings.log_level)
        enter = self._open.enter_async_context
        pool = await enter(open_pool(settings.database_url))
        broker = await enter(Broker(settings.nats_url))
        cache = await enter(redis.asyncio.from_url(settings.redis_url))
        database = Database(pool)
        # Until events tell other processes what changed, only a lone one may remember.
        cache_seconds = CACHE_SECONDS if settings.workers == 1 else 0.0
        accounts = accounts_in(database, settings)
        self._open.callback(accounts.passwords.close)
        people = People(database, accounts.accounts, cache_seconds=cache_seconds)
        posts = Posts(database, people, cache_seconds=cache_seconds)
        contexts = _contexts(accounts, people, posts, Comments(database, posts))
        self.health = _health(database, broker, cache)
        front = _front(settings)
        rates = Rates(_rules(settings)) if settings.rate_limits == "on" else None
        authenticate = accounts.authentication.authenticate
        access_log = AccessLogger(AccessLog(settings.access_log))
        memory = _memory(settings, database)
        router = _router(contexts, memory, self.health, rates)
        limits = Bound(LIMITS.operation, KnownLimits(_limits(settings)), None, rates)
        router.add(LIMITS.method, LIMITS.path, handler(LIMITS, limits))
        monitor = Monitor(pool, RELEASE)
        operator = _operator(settings, authenticate, rates)
        add_operator(router, operator, self.health, monitor.look)
        await enter(_running(monitor.run()))
        mailer = _mailer(settings)
        if settings.environment == "development" and isinstance(mailer, FolderMailer):
            add_dev_mail(router, mailer)
        self.asgi = Server(
            router,
            authenticate,
            access_log,
            request_seconds=settings.request_seconds,
            front=front,
        )
        await enter(_running(self.asgi.deadlines.run()))
        await enter(_running(accounts.revocations.run()))
        await enter(_running(Jobs(database, MAIL, accounts.works).run()))
        await enter(_running(Forgetting(database).run()))
        await enter(_running(_leases(settings, database, broker).run()))
        if settings.grpc_port:
            identity = Identity(authenticate, _caller_tokens(settings), front.proxies)
            calls = Calls(identity, access_log, request_seconds=settings.request_seconds)
            served = [(each.service, each.api, memory) for each in contexts]
            await enter(_serving(GrpcServer(served, calls, rates=rates), settings))
        self.health.started = True

    def drain(self) -> None:
        self.health.draining = True

    async def stop(self) -> None:
        await self._open.aclose()


def build(settings: Settings) -> App:
    return App(settings)


def accounts_in(database: Database, settings: Settings) -> AccountServices:
    """The accounts of a database. Raises CannotStart for keys that are none."""
    terms = Terms(
        keys=keys_of(settings),
        public_url=settings.reached_at,
        tokens=TokenRules(
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            seconds=settings.jwt_seconds,
        ),
        cost=HashCost(
            memory_kib=settings.password_memory_kib,
            passes=settings.password_passes,
            threads=settings.password_threads,
        ),
        inline_mail=settings.mail_delivery == "inline",
    )
    return build_accounts(database, _mailer(settings), terms)


def keys_of(settings: Settings) -> Keys:
    """Made in the data folder at the first time. Raises CannotStart for keys that are none."""
    return find_keys(settings.jwt_keys, settings.data / "keys.json")


def _mailer(settings: Settings) -> Mailer:
    return open_mailer(settings.mail_url, settings.mail_from, settings.data / "mail")


def _caller_tokens(settings: Settings) -> CallerTokens:
    """With keys that every process of this installation derives from the same secret."""
    return CallerTokens([*keys_of(settings).derive("internal calls", b"")])


def _leases(settings: Settings, database: Database, broker: Broker) -> Leases:
    """What one process does for all."""
    stream = Stream()
    relay = Relay(database, broker, stream)
    database.announced = relay.poke
    works = {"platform.relay": relay.lead}
    for reaction in (PeopleReactions(database).profiles,):
        works[reaction.name] = Reactions(reaction, database, broker, stream).run
    brooms = {**Sweeping(database).brooms, "platform.jobs": forget_dead(database)}
    works["platform.sweeper"] = Sweeper(brooms).run
    return Leases(settings.database_url, works)


def _rules(settings: Settings) -> Rules:
    def rule(name: str, rate: str) -> Rule:
        calls, _, seconds = rate.partition("/")
        return Rule(name, int(calls), int(seconds))

    return Rules(
        anonymous=rule("anonymous", settings.rate_anonymous),
        user=rule("user", settings.rate_user),
        credentials=rule("credentials", settings.rate_credentials),
        account=rule("account", settings.rate_account),
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        rates=_rules(settings).all if settings.rate_limits == "on" else [],
        texts=text_limits(ROUTES),
        body_bytes=JSON_BYTES,
        request_seconds=settings.request_seconds,
    )


def _operator(settings: Settings, authenticate: Authenticate, rates: Rates | None) -> Operator:
    user, password = settings.operator_user, settings.operator_password
    if settings.environment == "development":
        user, password = user or "admin", password or "admin"
    return Operator(user=user, password=password, authenticate=authenticate, rates=rates)


def _front(settings: Settings) -> Front:
    listed = items(settings.cors_origins)
    development = settings.environment == "development"
    return Front(
        proxies=Proxies(items(settings.trusted_proxies)),
        origins=Origins(
            listed, local=development and not listed, credentials=settings.cors_credentials
        ),
        production=not development,
        secure=settings.public_url.startswith("https://"),
    )


def _health(database: Database, broker: Broker, cache: redis.asyncio.Redis) -> Health:
    """Without the database, or with one older than this code, there is nothing to answer with."""
    migrated = Migrated(database, migrations.files()[-1])
    return Health(
        needed={"database": database.check, "migrations": migrated.check},
        useful={"broker": broker.check, "cache": cache.ping},
    )


def _contexts(
    accounts: AccountServices, people: People, posts: Posts, comments: Comments
) -> list[Context]:
    return [
        Context(
            accounts.registrations,
            accounts_rest.REGISTRATIONS,
            accounts_grpc.REGISTRATIONS,
            accounts_graphql.REGISTRATIONS,
            accounts_rest.PAGES,
        ),
        Context(
            accounts.sessions,
            accounts_rest.SESSIONS,
            accounts_grpc.SESSIONS,
            accounts_graphql.SESSIONS,
        ),
        Context(
            accounts.accounts,
            accounts_rest.ACCOUNTS,
            accounts_grpc.ACCOUNTS,
            accounts_graphql.ACCOUNTS,
        ),
        Context(people, people_rest.ROUTES, people_grpc.SERVICE, people_graphql.FIELDS),
        Context(posts, posts_rest.ROUTES, posts_grpc.SERVICE, posts_graphql.FIELDS),
        Context(comments, posts_rest.COMMENTS, posts_grpc.COMMENTS, posts_graphql.COMMENTS),
    ]


def _memory(settings: Settings, database: Database) -> Memory:
    (key, *_) = keys_of(settings).derive("idempotency", b"")
    return Memory(database.recall, key)


def _router(
    contexts: Sequence[Context], memory: Memory, health: Health, rates: Rates | None
) -> Router:
    router = Router()
    add_health(router, health)
    add_docs(router, ROUTES, RELEASE)
    answered = [(context.fields, context.api, memory) for context in contexts]
    graphql = graphql_handler(serve(graphql_schema(), answered, rates))
    for method in ("GET", "POST"):
        router.add(method, "/graphql", graphql)
    for context in contexts:
        for line in context.routes:
            bound = Bound(line.operation, context.api, memory, rates)
            router.add(line.method, line.path, handler(line, bound))
        for words in context.pages:
            add_button_page(router, words, Bound(words.operation, context.api, rates=rates))
    return router


def _process(settings: Settings) -> Process:
    return Process(
        service="plaza",
        environment=settings.environment,
        version=version("plaza"),
        instance_id=f"{socket.gethostname()}-{os.getpid()}",
    )


@asynccontextmanager
async def _serving(server: GrpcServer, settings: Settings) -> AsyncIterator[None]:
    """Beside the other processes that listen on the same port; what is asked gets an answer."""
    await server.start(f"{settings.host}:{settings.grpc_port}", shared=True)
    try:
        yield
    finally:
        await server.drain()
        await server.stop(settings.drain_seconds)


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
