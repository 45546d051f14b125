"""Structs to protobuf messages and back, by field name.

Both sides are compared when a codec is made, so that a difference stops the start and not a
request. What is absent, null and zero: a field that is not set is left out; where a text or an
enum may be null, the empty one stands for null; a list that may be left out is a message whose one
field is `values`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from msgspec import UNSET, Struct

from plaza.edge.grpc.scalars import TIMESTAMP, Scalar, moment_in, put_moment, scalar_of
from plaza.edge.kinds import ABSENT, Kind, default_in, kind_of

VALUES = "values"

Known = dict[tuple[Any, str], "Record"]


class Entry(Struct, frozen=True):
    """A field of a Struct or a parameter of an operation; `default` may be ABSENT."""

    kind: Any
    default: Any = ABSENT
    attribute: str = ""


class Record:
    """A Struct, or the parameters of an operation, and the message that carries them."""

    def __init__(self, pick: Callable[[Any, str], Any]) -> None:
        self._pick = pick
        self._fields: list[_Field] = []

    def describe(self, entries: Mapping[str, Entry], message: Descriptor, known: Known) -> None:
        """Raises TypeError where the two sides differ."""
        theirs = {field.name for field in message.fields}
        if theirs != entries.keys():
            raise TypeError(f"{message.full_name} differs in {sorted(theirs ^ entries.keys())}")
        for name, entry in entries.items():
            self._fields.append(_field(message.fields_by_name[name], entry, known))

    def fill(self, message: Message, value: Any) -> None:
        for field in self._fields:
            item = self._pick(value, field.attribute)
            if item is UNSET:
                continue
            if item is not None:
                field.put(message, field.name, item)
            elif field.null is not ABSENT:
                setattr(message, field.name, field.null)

    def plain(self, message: Message) -> dict[str, Any]:
        """What the sender set, ready for msgspec.convert."""
        made = {}
        for field in self._fields:
            if field.presence and not message.HasField(field.name):
                value = field.missing
            else:
                value = field.take(message, field.name)
            if value is not ABSENT:
                made[field.name] = value
        return made


class _Field(Struct, frozen=True, kw_only=True):
    """`missing` is what a field that is not set means, `null` how None is written."""

    name: str
    attribute: str
    presence: bool
    missing: Any
    null: Any
    put: Callable[[Message, str, Any], None]
    take: Callable[[Message, str], Any]


class _Way(Struct, frozen=True):
    put: Callable[[Message, str, Any], None]
    take: Callable[[Message, str], Any]
    empty: Any = ABSENT


def struct_record(struct: Any, message: Descriptor, known: Known | None = None) -> Record:
    """Raises TypeError where the Struct and the message differ."""
    known = {} if known is None else known
    found = known.get((struct, message.full_name))
    if found is None:
        found = known[struct, message.full_name] = Record(getattr)
        found.describe(struct_entries(struct), message, known)
    return found


def struct_entries(struct: Any) -> dict[str, Entry]:
    return {
        each.encode_name: Entry(each.type, default_in(each), each.name)
        for each in msgspec.structs.fields(struct)
    }


def parameter_record(
    kinds: Mapping[str, Any], defaults: Mapping[str, Any], message: Descriptor
) -> Record:
    """For the arguments of an operation, by name. Raises TypeError."""
    record = Record(_argument)
    entries = {n: Entry(kind, defaults.get(n, ABSENT), n) for n, kind in kinds.items()}
    record.describe(entries, message, {})
    return record


def value_record(kind: Any, message: Descriptor) -> Record:
    """For the one value that a message of one field holds. Raises TypeError."""
    record = Record(lambda value, _: value)
    if len(message.fields) != 1:
        raise TypeError(f"{message.full_name} must hold {kind} in its one field")
    record.describe({message.fields[0].name: Entry(kind)}, message, {})
    return record


def _argument(arguments: Mapping[str, Any], name: str) -> Any:
    return arguments.get(name, UNSET)


def _field(field: FieldDescriptor, entry: Entry, known: Known) -> _Field:
    kind = kind_of(entry.kind)
    way = _way(field, kind, known)
    defaulted = entry.default is not ABSENT
    _insist_on_presence(field, kind, entry)
    written_null = kind.nullable and defaulted and entry.default is not None
    if written_null and way.empty is ABSENT:
        raise TypeError(f"{field.full_name} has no way to say null")
    return _Field(
        name=field.name,
        attribute=entry.attribute,
        presence=field.has_presence,
        missing=None if kind.nullable and not defaulted else ABSENT,
        null=way.empty if written_null else ABSENT,
        put=way.put,
        take=_nullable(way) if kind.nullable and way.empty is not ABSENT else way.take,
    )


def _insist_on_presence(field: FieldDescriptor, kind: Kind, entry: Entry) -> None:
    """Where left out and zero are two things, the message must tell them apart."""
    if field.has_presence:
        return
    if field.is_repeated and not kind.nullable and entry.default in (ABSENT, []):
        return
    if kind.nullable or entry.default is not ABSENT:
        raise TypeError(f"{field.full_name} must be optional, or a message")


def _nullable(way: _Way) -> Callable[[Message, str], Any]:
    def take(message: Message, name: str) -> Any:
        value = getattr(message, name)
        return None if value == way.empty else way.take(message, name)

    return take


def _way(field: FieldDescriptor, kind: Kind, known: Known) -> _Way:
    if field.is_repeated:
        return _repeated(field, kind, known)
    if field.message_type is None:
        return _single(scalar_of(field, kind), enum=field.enum_type is not None)
    return _embedded(*_message(field, kind, known))


def _single(scalar: Scalar, *, enum: bool) -> _Way:
    def put(message: Message, name: str, value: Any) -> None:
        setattr(message, name, scalar.out(value))

    def take(message: Message, name: str) -> Any:
        return scalar.back(getattr(message, name))

    def take_enum(message: Message, name: str) -> Any:
        number = getattr(message, name)
        return scalar.back(number) if number else ABSENT

    return _Way(put, take_enum if enum else take, scalar.empty)


def _embedded(fill: Callable[[Message, Any], None], plain: Callable[[Message], Any]) -> _Way:
    def put(message: Message, name: str, value: Any) -> None:
        inner = getattr(message, name)
        inner.SetInParent()
        fill(inner, value)

    def take(message: Message, name: str) -> Any:
        return plain(getattr(message, name))

    return _Way(put, take)


def _repeated(field: FieldDescriptor, kind: Kind, known: Known) -> _Way:
    if kind.item is None:
        raise TypeError(f"{field.full_name} is repeated, {kind.bare} is not a list")
    item = kind_of(kind.item)
    if field.message_type is None:
        scalar = scalar_of(field, item)

        def put_scalars(message: Message, name: str, values: Sequence[Any]) -> None:
            getattr(message, name).extend(map(scalar.out, values))

        def take_scalars(message: Message, name: str) -> Any:
            return list(map(scalar.back, getattr(message, name)))

        return _Way(put_scalars, take_scalars)
    fill, plain = _message(field, item, known)

    def put(message: Message, name: str, values: Sequence[Any]) -> None:
        target = getattr(message, name)
        for value in values:
            fill(target.add(), value)

    def take(message: Message, name: str) -> Any:
        return list(map(plain, getattr(message, name)))

    return _Way(put, take)


def _message(
    field: FieldDescriptor, kind: Kind, known: Known
) -> tuple[Callable[[Message, Any], None], Callable[[Message], Any]]:
    described: Any = field.message_type
    if described.full_name == TIMESTAMP and kind.is_moment:
        return put_moment, moment_in
    if kind.item is not None:
        if [each.name for each in described.fields] != [VALUES]:
            raise TypeError(f"{described.full_name} must have the one field `{VALUES}`")
        way = _repeated(described.fields_by_name[VALUES], kind, known)
        return (lambda m, v: way.put(m, VALUES, v)), (lambda m: way.take(m, VALUES))
    if not kind.is_struct:
        raise TypeError(f"{field.full_name} is a message, {kind.bare} is not")
    record = struct_record(kind.bare, described, known)
    return record.fill, record.plain
