"""People over HTTP: the whole surface, one line each."""

from plaza.edge.rest.routes import route
from plaza.people.api import PeopleApi

ROUTES = [
    route("GET /v1/users/{user}", PeopleApi.get),
    route("PATCH /v1/profile", PeopleApi.edit),
]
