"""Which contexts there are, what builds them, and the keys they share."""

from collections.abc import Sequence
from importlib.metadata import version

from msgspec import Struct

from plaza.accounts import graphql as accounts_graphql
from plaza.accounts import grpc as accounts_grpc
from plaza.accounts import rest as accounts_rest
from plaza.accounts.service import Services as AccountServices
from plaza.accounts.service import Terms
from plaza.accounts.service import build as build_accounts
from plaza.accounts.service.access_tokens import TokenRules
from plaza.accounts.service.keys import Keys, find_keys
from plaza.accounts.service.passwords import HashCost
from plaza.edge.graphql.fields import Fields
from plaza.edge.grpc.methods import Service
from plaza.edge.rest.button_pages import ButtonPage
from plaza.edge.rest.routes import Route, route
from plaza.people import graphql as people_graphql
from plaza.people import grpc as people_grpc
from plaza.people import rest as people_rest
from plaza.people.service import People
from plaza.platform.database import Database
from plaza.platform.limits import LimitsApi
from plaza.platform.mail import Mailer
from plaza.platform.mailers import open_mailer
from plaza.posts import graphql as posts_graphql
from plaza.posts import grpc as posts_grpc
from plaza.posts import rest as posts_rest
from plaza.posts.service import Comments, Posts
from plaza.settings import Settings

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


class Built(Struct, frozen=True):
    """The services of one process, lower contexts first."""

    accounts: AccountServices
    people: People
    posts: Posts
    comments: Comments


def build_contexts(database: Database, settings: Settings) -> Built:
    """Raises CannotStart for keys that are none."""
    # Until events tell other processes what changed, only a lone one may remember.
    cache_seconds = CACHE_SECONDS if settings.workers == 1 else 0.0
    accounts = accounts_in(database, settings)
    people = People(database, accounts.accounts, cache_seconds=cache_seconds)
    posts = Posts(database, people, cache_seconds=cache_seconds)
    return Built(accounts, people, posts, Comments(database, posts))


def contexts(built: Built) -> list[Context]:
    """Each with what the edges call its operations."""
    accounts, people, posts, comments = built.accounts, built.people, built.posts, built.comments
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
    return build_accounts(database, mailer_of(settings), terms)


def keys_of(settings: Settings) -> Keys:
    """Made in the data folder at the first time. Raises CannotStart for keys that are none."""
    return find_keys(settings.jwt_keys, settings.data / "keys.json")


def mailer_of(settings: Settings) -> Mailer:
    return open_mailer(settings.mail_url, settings.mail_from, settings.data / "mail")
