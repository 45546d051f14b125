"""What the edges call the operations of each context, and every route there is."""

from collections.abc import Sequence

from msgspec import Struct

from plaza.accounts import graphql as accounts_graphql
from plaza.accounts import grpc as accounts_grpc
from plaza.accounts import rest as accounts_rest
from plaza.app.services import Built
from plaza.edge.graphql.fields import Fields
from plaza.edge.grpc.methods import Service
from plaza.edge.rest.button_pages import ButtonPage
from plaza.edge.rest.routes import Route, route
from plaza.feed import graphql as feed_graphql
from plaza.feed import grpc as feed_grpc
from plaza.feed import rest as feed_rest
from plaza.people import graphql as people_graphql
from plaza.people import grpc as people_grpc
from plaza.people import rest as people_rest
from plaza.platform.limits import LimitsApi
from plaza.posts import graphql as posts_graphql
from plaza.posts import grpc as posts_grpc
from plaza.posts import rest as posts_rest

LIMITS = route("GET /v1/limits", LimitsApi.get)
ROUTES: Sequence[Route] = (
    *accounts_rest.REGISTRATIONS,
    *accounts_rest.SESSIONS,
    *accounts_rest.ACCOUNTS,
    *feed_rest.ROUTES,
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
        Context(built.feed, feed_rest.ROUTES, feed_grpc.SERVICE, feed_graphql.FIELDS),
        Context(people, people_rest.ROUTES, people_grpc.SERVICE, people_graphql.FIELDS),
        Context(posts, posts_rest.ROUTES, posts_grpc.SERVICE, posts_graphql.FIELDS),
        Context(comments, posts_rest.COMMENTS, posts_grpc.COMMENTS, posts_graphql.COMMENTS),
    ]
