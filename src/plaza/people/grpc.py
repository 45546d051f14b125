"""People over gRPC: the messages are in api/proto/plaza/people/v1."""

from plaza.edge.grpc.methods import Service
from plaza.people.api import PeopleApi

SERVICE = Service(
    "plaza.people.v1.PeopleService",
    {
        "GetProfile": PeopleApi.get,
        "EditProfile": PeopleApi.edit,
        "Follow": PeopleApi.follow,
        "Unfollow": PeopleApi.unfollow,
        "ListFollowers": PeopleApi.followers,
        "ListFollowing": PeopleApi.following,
    },
)
