"""Posts over gRPC: the messages are in api/proto/plaza/posts/v1."""

from plaza.edge.grpc.methods import Service
from plaza.posts.api import PostsApi

SERVICE = Service(
    "plaza.posts.v1.PostsService",
    {
        "CreatePost": PostsApi.create,
        "GetPost": PostsApi.get,
        "ListPostsByAuthor": PostsApi.by_author,
        "EditPost": PostsApi.edit,
        "DeletePost": PostsApi.delete,
    },
)
