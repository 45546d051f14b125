"""Operations under the names a .proto file gives them: what the server and `remote` both read."""

from collections.abc import Mapping
from typing import Any

import msgspec
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError
from msgspec import Struct

from plaza.edge.arguments import convert
from plaza.edge.grpc.codec import (
    Record,
    parameter_record,
    struct_entries,
    struct_record,
    value_record,
)
from plaza.edge.grpc.descriptors import message_class, service
from plaza.edge.kinds import kind_of
from plaza.edge.operations import defaults, parameters, result
from plaza.platform.operations import Operation
from plaza.platform.problems import FieldError, Invalid, Unreadable


class Service(Struct, frozen=True):
    """One context's grpc.py: a service of api/proto and the operation behind each method."""

    name: str
    operations: Mapping[str, Operation]


class Method:
    """An operation as bytes.

    A request's fields are the parameters; an answer is the result, or holds it in its one field.
    """

    def __init__(self, described: MethodDescriptor, operation: Operation) -> None:
        """Raises TypeError where the .proto and the operation differ."""
        self.operation = operation
        self.path = f"/{described.containing_service.full_name}/{described.name}"
        self._kinds = parameters(operation)
        self.names = list(self._kinds)
        self._required = [n for n in self._kinds if n not in defaults(operation)]
        self._asked = message_class(described.input_type)
        self._answered = message_class(described.output_type)
        self._question = parameter_record(self._kinds, defaults(operation), described.input_type)
        self._kind = result(operation)
        self._held = ""
        self._answer: Record | None = None
        if self._kind is type(None):
            if described.output_type.fields:
                raise TypeError(f"{described.output_type.full_name} must be empty")
        elif self._is_the_answer(described):
            self._answer = struct_record(self._kind, described.output_type)
        else:
            self._answer = value_record(self._kind, described.output_type)
            self._held = described.output_type.fields[0].name

    def _is_the_answer(self, described: MethodDescriptor) -> bool:
        names = {field.name for field in described.output_type.fields}
        return kind_of(self._kind).is_struct and struct_entries(self._kind).keys() == names

    def write_request(self, arguments: Mapping[str, Any]) -> bytes:
        message = self._asked()
        self._question.fill(message, arguments)
        return message.SerializeToString()

    def read_request(self, sent: bytes) -> dict[str, Any]:
        """The arguments. Raises Unreadable, and Invalid with every field that is wrong."""
        message = self._asked()
        try:
            message.ParseFromString(sent)
        except DecodeError:
            raise Unreadable(f"the message is not a {message.DESCRIPTOR.full_name}") from None
        raw = self._question.plain(message)
        errors = [
            FieldError(f"/{name}", "This field is required.")
            for name in self._required
            if name not in raw
        ]
        try:
            arguments = convert(raw, self._kinds)
        except Invalid as invalid:
            raise Invalid(errors=(*errors, *invalid.errors)) from None
        if errors:
            raise Invalid(errors=tuple(errors))
        return arguments

    def write_answer(self, made: Any) -> bytes:
        message = self._answered()
        if self._answer is not None:
            self._answer.fill(message, made)
        return message.SerializeToString()

    def read_answer(self, sent: bytes) -> Any:
        message = self._answered()
        message.ParseFromString(sent)
        if self._answer is None:
            return None
        plain: Any = self._answer.plain(message)
        return msgspec.convert(plain[self._held] if self._held else plain, self._kind)


def methods(line: Service) -> dict[str, Method]:
    """By name. Raises TypeError unless the .proto has exactly these methods."""
    described = service(line.name)
    theirs = {method.name: method for method in described.methods}
    if theirs.keys() != line.operations.keys():
        differ = sorted(theirs.keys() ^ line.operations.keys())
        raise TypeError(f"{line.name} differs from its .proto in {differ}")
    return {name: Method(theirs[name], each) for name, each in line.operations.items()}
