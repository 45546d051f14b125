"""A Struct and a message that differ stop the start, and say where."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from msgspec import UNSET, Meta, Struct, UnsetType, defstruct, field

from plaza.edge.grpc.codec import struct_record, value_record


class Size(Enum):
    SMALL = "small"
    VERY_LARGE = "very_large"


class Inner(Struct):
    name: str


def message(*fields):
    """A message of fields as `[optional|repeated] type name`, and what they need."""
    file = FileDescriptorProto(name="test.proto", package="test", syntax="proto3")
    file.dependency.append(timestamp_pb2.DESCRIPTOR.name)
    size = file.enum_type.add(name="Size")
    for number, name in enumerate(("UNSPECIFIED", "SMALL", "VERY_LARGE")):
        size.value.add(name=f"SIZE_{name}", number=number)
    inner = file.message_type.add(name="Inner")
    inner.field.add(name="name", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL")
    names = file.message_type.add(name="Names")
    names.field.add(name="values", number=1, type="TYPE_STRING", label="LABEL_REPEATED")
    made = file.message_type.add(name="Made")
    for number, line in enumerate(fields, start=1):
        *label, kind, name = line.split()
        added = made.field.add(name=name, number=number, label="LABEL_OPTIONAL")
        describe(added, kind)
        if label == ["repeated"]:
            added.label = FieldDescriptorProto.LABEL_REPEATED
        if label == ["optional"]:
            made.oneof_decl.add(name=f"_{name}")
            added.proto3_optional, added.oneof_index = True, len(made.oneof_decl) - 1
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return pool.FindMessageTypeByName("test.Made")


def describe(added, kind):
    if kind == "Size":
        added.type, added.type_name = FieldDescriptorProto.TYPE_ENUM, ".test.Size"
    elif kind[0].isupper():
        package = "google.protobuf" if kind == "Timestamp" else "test"
        added.type, added.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{package}.{kind}"
    else:
        added.type = FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")


def struct(kind, *default):
    return defstruct("Made", [("it", kind, *default)], kw_only=True)


FIT = [
    (str, "string it", ["", "x"]),
    (str | None, "optional string it", [None, "x"]),
    (Literal["a", "b"], "string it", ["a"]),
    (UUID | None, "optional string it", [None, UUID(int=7)]),
    (bytes, "bytes it", [b"", b"\0x"]),
    (bool, "bool it", [True, False]),
    (bool | None, "optional bool it", [None, False, True]),
    (float, "double it", [0.0, -1.5]),
    (int, "int64 it", [0, -(2**63)]),
    (Annotated[int, Meta(ge=0, le=2**32 - 1)], "uint32 it", [0, 2**32 - 1]),
    (int | None, "optional int32 it", [None, 0]),
    (Size, "Size it", list(Size)),
    (Size | None, "optional Size it", [None, *Size]),
    (Inner | None, "Inner it", [None, Inner("x"), Inner("")]),
    (list[str], "repeated string it", [[], ["x", ""]]),
    (list[Size], "repeated Size it", [[], [Size.SMALL]]),
    (list[Inner], "repeated Inner it", [[], [Inner("x"), Inner("")]]),
    (list[str] | None, "Names it", [None, [], ["x"]]),
    (datetime | None, "Timestamp it", [None]),
]


@pytest.mark.parametrize(("kind", "line", "given"), FIT, ids=lambda each: str(each)[:30])
def test_every_value_comes_back(kind, line, given):
    made, described = struct(kind), message(line)
    record = struct_record(made, described)
    for value in given:
        sent = GetMessageClass(described)()
        record.fill(sent, made(it=value))
        arrived = GetMessageClass(described).FromString(sent.SerializeToString())
        plain = record.plain(arrived)["it"]
        expected = value.value if isinstance(value, Size) else value
        assert plain == as_plain(expected)


def as_plain(value):
    match value:
        case UUID():
            return str(value)
        case Inner():
            return {"name": value.name}
        case list():
            return [each.value if isinstance(each, Size) else as_plain(each) for each in value]
    return value


def test_left_out_null_and_empty_are_three_things():
    made, described = struct(str | UnsetType | None, UNSET), message("optional string it")
    record = struct_record(made, described)
    for value, plain in ((UNSET, {}), (None, {"it": None}), ("x", {"it": "x"})):
        sent = GetMessageClass(described)()
        record.fill(sent, made(it=value))
        assert record.plain(sent) == plain


def test_a_time_no_calendar_has_is_not_a_time():
    described = message("Timestamp it")
    sent = GetMessageClass(described)()
    sent.it.seconds = 2**62
    assert isinstance(struct_record(struct(datetime), described).plain(sent)["it"], str)


DIFFER = [
    (str, [], "string other", "differs in"),
    (str, [], "int64 it", "cannot carry"),
    (int, [], "string it", "cannot carry"),
    (Annotated[int, Meta(ge=0, le=2**40)], [], "int32 it", "too narrow"),
    (Inner, [], "string it", "cannot carry"),
    (str, [], "Inner it", "is a message"),
    (str, [], "repeated string it", "not a list"),
    (list[str], [], "Inner it", "values"),
    (str | None, [], "string it", "must be optional"),
    (str, ["x"], "string it", "must be optional"),
    (list[str], [field(default_factory=lambda: ["x"])], "repeated string it", "must be optional"),
    (list[str] | None, [], "repeated string it", "must be optional"),
    (int | UnsetType | None, [UNSET], "optional int32 it", "no way to say null"),
    (Literal["small"], [], "Size it", "cannot carry"),
    (Enum("Size", "TINY"), [], "Size it", "differs in"),
    (dict[str, str], [], "string it", "cannot carry"),
]


@pytest.mark.parametrize(("kind", "default", "line", "why"), DIFFER)
def test_what_does_not_fit_is_told(kind, default, line, why):
    made = struct(kind, *default)
    with pytest.raises(TypeError, match=why):
        struct_record(made, message(line))


def test_one_value_needs_a_message_of_one_field():
    with pytest.raises(TypeError, match="one field"):
        value_record(str, message("string it", "string other"))
