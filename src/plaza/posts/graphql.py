"""Posts in GraphQL: the schema is api/schema.graphql."""

from plaza.edge.graphql.fields import Fields
from plaza.posts.api import PostsApi

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
