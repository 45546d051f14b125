"""A client that knows the .proto alone: none of Plaza's codec is between it and the wire."""

from typing import Any

import grpc.aio
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass

from plaza.edge.grpc.descriptors import pool
from plaza.posts.grpc import SERVICE

AS_ADA = (("authorization", "Bearer ada"),)


class Answer(dict[str, Any]):
    """The answer as JSON names its fields, and the trailers beside it."""

    trailers: dict[str, Any]


async def call(channel: grpc.aio.Channel, rpc: str, asked: Any, **options: Any) -> Answer:
    """Raises AioRpcError. `asked` is a dict, or bytes to be sent as they are."""
    method = pool().FindServiceByName(SERVICE.name).methods_by_name[rpc]
    if not isinstance(asked, bytes):
        asked = ParseDict(asked, GetMessageClass(method.input_type)()).SerializeToString()
    options.setdefault("metadata", AS_ADA)
    running = channel.unary_unary(f"/{SERVICE.name}/{rpc}")(asked, **options)
    message = GetMessageClass(method.output_type).FromString(await running)
    answer = Answer(MessageToDict(message, preserving_proto_field_name=True))
    answer.trailers = dict(await running.trailing_metadata())
    return answer
