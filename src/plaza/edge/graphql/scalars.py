"""UUID and DateTime, as JSON writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from ariadne import ScalarType
from graphql import GraphQLError

from plaza.platform.text import Time


def _uuid(value: object) -> UUID:
    try:
        return msgspec.convert(value, UUID)
    except msgspec.ValidationError:
        raise GraphQLError("This is not a UUID.") from None


def _time(value: object) -> datetime:
    try:
        return msgspec.convert(value, Time)
    except msgspec.ValidationError:
        raise GraphQLError("This is not a time with its offset (RFC 3339).") from None


def _plain(value: object) -> Any:
    return msgspec.to_builtins(value)


SCALARS = (
    ScalarType("UUID", serializer=_plain, value_parser=_uuid),
    ScalarType("DateTime", serializer=_plain, value_parser=_time),
)
CARRIED: dict[Any, str] = {
    str: "String",
    int: "Int",
    bool: "Boolean",
    float: "Float",
    UUID: "UUID",
    datetime: "DateTime",
}
"""The scalar that carries a type; there is none for other types."""
