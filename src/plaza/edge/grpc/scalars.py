"""Single values: which protobuf type carries which Python type, and how."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from msgspec import Struct

from plaza.edge.kinds import ABSENT, Kind

TIMESTAMP = "google.protobuf.Timestamp"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_A_TIME = "a time outside the years 1 to 9999"
"""What msgspec refuses in the place of a time."""

WIDTHS = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
}


def _same(value: Any) -> Any:
    return value


class Scalar(Struct, frozen=True):
    """`out` to protobuf, `back` to what msgspec.convert reads; `empty` may stand for null."""

    out: Callable[[Any], Any]
    back: Callable[[Any], Any]
    empty: Any


AS_IT_IS = Scalar(_same, _same, ABSENT)
TEXT = Scalar(_same, _same, "")
ID = Scalar(str, _same, "")
PLAIN: dict[int, tuple[type, Scalar]] = {
    FieldDescriptor.TYPE_STRING: (str, TEXT),
    FieldDescriptor.TYPE_BYTES: (bytes, Scalar(_same, _same, b"")),
    FieldDescriptor.TYPE_BOOL: (bool, AS_IT_IS),
    FieldDescriptor.TYPE_DOUBLE: (float, AS_IT_IS),
    **dict.fromkeys(WIDTHS, (int, AS_IT_IS)),
}


def scalar_of(field: FieldDescriptor, kind: Kind) -> Scalar:
    """Raises TypeError where the field cannot carry the type."""
    bare = kind.bare
    if field.enum_type is not None and isinstance(bare, type) and issubclass(bare, Enum):
        return _enum(field.enum_type, bare)
    if bare is UUID and field.type == FieldDescriptor.TYPE_STRING:
        return ID
    carried, scalar = PLAIN.get(field.type, (None, AS_IT_IS))
    if (str if _is_words(bare) else bare) is not carried:
        raise TypeError(f"{field.full_name} cannot carry {bare}")
    if field.type in WIDTHS:
        _insist_on_width(field, kind)
    return scalar


def put_moment(message: Any, moment: datetime) -> None:
    since = moment - EPOCH
    message.seconds = since.days * 86_400 + since.seconds
    message.nanos = since.microseconds * 1_000


def moment_in(message: Any) -> datetime | str:
    """Microseconds, as Postgres keeps them; a text that is no time for one out of range."""
    try:
        return EPOCH + timedelta(seconds=message.seconds, microseconds=message.nanos // 1_000)
    except OverflowError:
        return NOT_A_TIME


def prefix_of(name: str) -> str:
    """CLOSE_FRIENDS of `Visibility` is VISIBILITY_CLOSE_FRIENDS: enums share one name space."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() + "_"


def _enum(described: EnumDescriptor, enum: type[Enum]) -> Scalar:
    prefix = prefix_of(described.name)
    numbers = {
        each.name.removeprefix(prefix): each.number for each in described.values if each.number
    }
    names = set(enum.__members__)
    if names != numbers.keys():
        raise TypeError(f"{described.full_name} differs in {sorted(names ^ numbers.keys())}")
    out = {member: numbers[name] for name, member in enum.__members__.items()}
    back = {number: enum[name].value for name, number in numbers.items()}
    return Scalar(out.__getitem__, lambda number: back.get(number, number), 0)


def _insist_on_width(field: FieldDescriptor, kind: Kind) -> None:
    least, most = WIDTHS[field.type]
    for meta in kind.metas:
        if any(bound is not None and not least <= bound <= most for bound in (meta.ge, meta.le)):
            raise TypeError(f"{field.full_name} is too narrow for {meta}")


def _is_words(bare: Any) -> bool:
    return get_origin(bare) is Literal and all(type(each) is str for each in get_args(bare))
