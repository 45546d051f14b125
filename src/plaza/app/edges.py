"""What is heard from outside: REST, GraphQL and gRPC over the contexts, and what bounds callers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from plaza.app.contexts import LIMITS, ROUTES, Context
from plaza.app.services import Built, keys_of
from plaza.edge.authentication import Authenticate, counted
from plaza.edge.contracts import graphql_schema
from plaza.edge.graphql.endpoint import handler as graphql_handler
from plaza.edge.graphql.fields import serve
from plaza.edge.grpc.caller_token import CallerTokens
from plaza.edge.grpc.server import GrpcServer
from plaza.edge.operations import Bound, Memory
from plaza.edge.proxies import Proxies
from plaza.edge.rest.body import JSON_BYTES
from plaza.edge.rest.button_pages import add_button_page
from plaza.edge.rest.front import Front
from plaza.edge.rest.health import add_health
from plaza.edge.rest.operator import Operator
from plaza.edge.rest.origins import Origins
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import handler
from plaza.edge.rest.text_limits import text_limits
from plaza.platform.database import Database
from plaza.platform.health import Health
from plaza.platform.limits import KnownLimits, Limits
from plaza.platform.rates import Rates, Rule, Rules
from plaza.settings import Settings, items


def rates_of(settings: Settings) -> Rates | None:
    return Rates(_rules(settings)) if settings.rate_limits == "on" else None


def authenticate_of(built: Built, rates: Rates | None) -> Authenticate:
    authenticate = built.accounts.authentication.authenticate
    return authenticate if rates is None else counted(authenticate, rates)


def memory_of(settings: Settings, database: Database) -> Memory:
    (key, *_) = keys_of(settings).derive("idempotency", b"")
    return Memory(database.recall, key)


def caller_tokens(settings: Settings) -> CallerTokens:
    """With keys that every process of this installation derives from the same secret."""
    return CallerTokens([*keys_of(settings).derive("internal calls", b"")])


def router_over(
    contexts: Sequence[Context],
    memory: Memory,
    health: Health,
    rates: Rates | None,
    limits: Limits,
) -> Router:
    router = Router()
    add_health(router, health)
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
    known = Bound(LIMITS.operation, KnownLimits(limits), None, rates)
    router.add(LIMITS.method, LIMITS.path, handler(LIMITS, known))
    return router


def limits_of(settings: Settings) -> Limits:
    return Limits(
        rates=_rules(settings).all if settings.rate_limits == "on" else [],
        texts=text_limits(ROUTES),
        body_bytes=JSON_BYTES,
        request_seconds=settings.request_seconds,
    )


def operator_of(settings: Settings, authenticate: Authenticate, rates: Rates | None) -> Operator:
    user, password = settings.operator_user, settings.operator_password
    development = settings.environment == "development"
    if development:
        user, password = user or "admin", password or "admin"
    return Operator(
        user=user,
        password=password,
        authenticate=authenticate,
        rates=rates,
        trusts_this_machine=development,
    )


def front_of(settings: Settings) -> Front:
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


@asynccontextmanager
async def serving(server: GrpcServer, settings: Settings) -> AsyncIterator[None]:
    """Beside the other processes that listen on the same port; what is asked gets an answer."""
    await server.start(f"{settings.host}:{settings.grpc_port}", shared=True)
    try:
        yield
    finally:
        await server.drain()
        await server.stop(settings.drain_seconds)


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
