"""People over HTTP: the whole surface, one line each."""

from plaza.edge.rest.routes import route
from plaza.people.api import PeopleApi

ROUTES = [
    route("GET /v1/users/{user}", PeopleApi.get),
    route("PUT /v1/users/{user_id}/follow", PeopleApi.follow),
    route("PUT /v1/users/{user_id}/unfollow", PeopleApi.unfollow),
    route("GET /v1/users/{user_id}/followers", PeopleApi.followers),
    route("GET /v1/users/{user_id}/following", PeopleApi.following),
    route("PATCH /v1/profile", PeopleApi.edit),
]
