"""Posts over HTTP: the whole surface, one line each."""

from plaza.edge.rest.routes import route
from plaza.posts.api import PostsApi

ROUTES = [
    route("POST /v1/posts", PostsApi.create, status=201, location="/v1/posts/{id}"),
    route("GET /v1/posts/{post_id}", PostsApi.get),
    route("PATCH /v1/posts/{post_id}", PostsApi.edit),
    route("DELETE /v1/posts/{post_id}", PostsApi.delete),
    route("GET /v1/users/{author_id}/posts", PostsApi.by_author),
]
