"""What the .proto files say, at run time: no generated code."""

from functools import cache

from google.protobuf.descriptor import Descriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection_pb2  # type: ignore[import-untyped]

from plaza.edge.contracts import descriptor_set

REFLECTION = "grpc.reflection.v1"
REFLECTION_ALPHA = "grpc.reflection.v1alpha"


@cache
def pool() -> DescriptorPool:
    """Every service of this edge: Plaza's own, health and reflection."""
    made = DescriptorPool()
    for file in FileDescriptorSet.FromString(descriptor_set()).file:
        made.Add(file)
    alpha = FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    made.AddSerializedFile(health_pb2.DESCRIPTOR.serialized_pb)
    made.Add(alpha)
    made.Add(_renamed(alpha))
    return made


def service(name: str) -> ServiceDescriptor:
    """Raises KeyError for a service no .proto has."""
    return pool().FindServiceByName(name)


def message_class(described: Descriptor) -> type[Message]:
    made: type[Message] = GetMessageClass(described)
    return made


def _renamed(alpha: FileDescriptorProto) -> FileDescriptorProto:
    """grpc.reflection.v1 has the messages of v1alpha, and no module of its own here."""
    file = FileDescriptorProto()
    file.CopyFrom(alpha)
    file.name = "grpc/reflection/v1/reflection.proto"
    file.package = REFLECTION
    for field in (field for message in file.message_type for field in message.field):
        if field.type_name:
            field.type_name = field.type_name.replace(REFLECTION_ALPHA, REFLECTION)
    for method in file.service[0].method:
        method.input_type = method.input_type.replace(REFLECTION_ALPHA, REFLECTION)
        method.output_type = method.output_type.replace(REFLECTION_ALPHA, REFLECTION)
    return file
