"""The feed in GraphQL: the schema is api/schema.graphql."""

from plaza.edge.graphql.fields import Fields
from plaza.feed.api import FeedApi

FIELDS = Fields(query={"feed": FeedApi.read})
