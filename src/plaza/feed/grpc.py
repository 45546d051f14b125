"""The feed over gRPC: the messages are in api/proto/plaza/feed/v1."""

from plaza.edge.grpc.methods import Service
from plaza.feed.api import FeedApi

SERVICE = Service("plaza.feed.v1.FeedService", {"ReadFeed": FeedApi.read})
