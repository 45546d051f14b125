"""The messages in which gRPC tells more than a code and a sentence (AIP-193).

google.rpc.Status and what it carries, as far as this edge uses it; a client with the usual classes
of its language reads them from the trailer `grpc-status-details-bin`.
"""

from functools import cache

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

PACKAGE = "google.rpc"
TYPES = "type.googleapis.com/"
STATUS, ERROR_INFO, BAD_REQUEST = "Status", "ErrorInfo", "BadRequest"
RETRY_INFO, FIELD_VIOLATION = "RetryInfo", "BadRequest.FieldViolation"
MANY = FieldDescriptorProto.LABEL_REPEATED
ONE = FieldDescriptorProto.LABEL_OPTIONAL
TEXT, NUMBER = "string", "int32"
SCALARS = {TEXT: FieldDescriptorProto.TYPE_STRING, NUMBER: FieldDescriptorProto.TYPE_INT32}


def new(name: str) -> Message:
    """An empty google.rpc message."""
    made: Message = _class(name)()
    return made


@cache
def _class(name: str) -> type[Message]:
    found: type[Message] = GetMessageClass(_pool().FindMessageTypeByName(f"{PACKAGE}.{name}"))
    return found


@cache
def _pool() -> DescriptorPool:
    made = DescriptorPool()
    for needed in (any_pb2, duration_pb2):
        made.AddSerializedFile(needed.DESCRIPTOR.serialized_pb)
    made.Add(_file())
    return made


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="google/rpc/details.proto", package=PACKAGE, syntax="proto3")
    file.dependency.extend((any_pb2.DESCRIPTOR.name, duration_pb2.DESCRIPTOR.name))
    status = file.message_type.add(name=STATUS)
    _field(status, "code", 1, of=NUMBER)
    _field(status, "message", 2)
    _field(status, "details", 3, of=".google.protobuf.Any", many=True)
    info = file.message_type.add(name=ERROR_INFO)
    _field(info, "reason", 1)
    _field(info, "domain", 2)
    _field(info, "metadata", 3, of=".google.rpc.ErrorInfo.MetadataEntry", many=True)
    entry = info.nested_type.add(name="MetadataEntry")
    entry.options.map_entry = True
    _field(entry, "key", 1)
    _field(entry, "value", 2)
    bad = file.message_type.add(name=BAD_REQUEST)
    _field(bad, "field_violations", 1, of=".google.rpc.BadRequest.FieldViolation", many=True)
    violation = bad.nested_type.add(name="FieldViolation")
    _field(violation, "field", 1)
    _field(violation, "description", 2)
    retry = file.message_type.add(name=RETRY_INFO)
    _field(retry, "retry_delay", 1, of=".google.protobuf.Duration")
    return file


def _field(
    message: DescriptorProto, name: str, number: int, of: str = TEXT, *, many: bool = False
) -> None:
    field = message.field.add(name=name, number=number, label=MANY if many else ONE)
    if of in SCALARS:
        field.type = SCALARS[of]
    else:
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, of
