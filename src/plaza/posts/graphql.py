"""Posts in GraphQL: the schema is api/schema.graphql."""

from plaza.edge.graphql.fields import Fields
from plaza.posts.api.comments import CommentsApi
from plaza.posts.api.posts import PostsApi

FIELDS = Fields(
    query={
        "post": PostsApi.get,
        "postsByAuthor": PostsApi.by_author,
    },
    mutation={
        "createPost": PostsApi.create,
        "editPost": PostsApi.edit,
        "deletePost": PostsApi.delete,
    },
)
COMMENTS = Fields(
    query={"comments": CommentsApi.of_post},
    mutation={
        "createComment": CommentsApi.create,
        "editComment": CommentsApi.edit,
        "deleteComment": CommentsApi.delete,
    },
)
