"""People in GraphQL: the schema is api/schema.graphql."""

from plaza.edge.graphql.fields import Fields
from plaza.people.api import PeopleApi

FIELDS = Fields(
    query={"profile": PeopleApi.get},
    mutation={"editProfile": PeopleApi.edit},
)
