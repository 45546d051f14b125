"""People in GraphQL: the schema is api/schema.graphql."""

from plaza.edge.graphql.fields import Fields
from plaza.people.api import PeopleApi

FIELDS = Fields(
    query={
        "profile": PeopleApi.get,
        "followers": PeopleApi.followers,
        "following": PeopleApi.following,
    },
    mutation={
        "editProfile": PeopleApi.edit,
        "follow": PeopleApi.follow,
        "unfollow": PeopleApi.unfollow,
    },
)
