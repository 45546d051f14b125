"""The feed over HTTP: the whole surface, one line."""

from plaza.edge.rest.routes import route
from plaza.feed.api import FeedApi

ROUTES = [
    route("GET /v1/users/feed", FeedApi.read),
]
