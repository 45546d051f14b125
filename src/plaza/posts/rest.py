"""Posts over HTTP: the whole surface, one line each."""

from plaza.edge.rest.routes import route
from plaza.posts.api.comments import CommentsApi
from plaza.posts.api.posts import PostsApi

ROUTES = [
    route("POST /v1/posts", PostsApi.create, status=201, location="/v1/posts/{id}"),
    route("GET /v1/posts/{post_id}", PostsApi.get, cached=True),
    route("PATCH /v1/posts/{post_id}", PostsApi.edit),
    route("DELETE /v1/posts/{post_id}", PostsApi.delete),
    route("GET /v1/users/{author_id}/posts", PostsApi.by_author),
]
COMMENTS = [
    route("POST /v1/posts/{post_id}/comments", CommentsApi.create, status=201),
    route("GET /v1/posts/{post_id}/comments", CommentsApi.of_post),
    route("PATCH /v1/posts/{post_id}/comments/{comment_id}", CommentsApi.edit),
    route("DELETE /v1/posts/{post_id}/comments/{comment_id}", CommentsApi.delete),
]
