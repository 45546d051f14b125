"""Posts over gRPC: the messages are in api/proto/plaza/posts/v1."""

from plaza.edge.grpc.methods import Service
from plaza.posts.api.comments import CommentsApi
from plaza.posts.api.posts import PostsApi

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
COMMENTS = Service(
    "plaza.posts.v1.CommentsService",
    {
        "CreateComment": CommentsApi.create,
        "ListComments": CommentsApi.of_post,
        "EditComment": CommentsApi.edit,
        "DeleteComment": CommentsApi.delete,
    },
)
