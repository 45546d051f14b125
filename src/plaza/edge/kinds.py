"""What a Python type is, without its bounds: what protobuf and GraphQL ask of it."""

import types
from datetime import datetime
from typing import Annotated, Any, NewType, Union, get_args, get_origin

from msgspec import NODEFAULT, Meta, Struct, UnsetType
from msgspec.structs import FieldInfo

ABSENT: Any = object()
"""Neither a value nor null: nothing was sent, or nothing can be."""


class Kind(Struct, frozen=True):
    """`bare` is the type without bounds, None and UNSET; `item` what a list is of."""

    bare: Any
    nullable: bool
    metas: tuple[Meta, ...]

    @property
    def item(self) -> Any | None:
        return get_args(self.bare)[0] if get_origin(self.bare) is list else None

    @property
    def is_struct(self) -> bool:
        origin = get_origin(self.bare) or self.bare
        return isinstance(origin, type) and issubclass(origin, Struct)

    @property
    def is_moment(self) -> bool:
        return self.bare is datetime


def kind_of(kind: Any) -> Kind:
    metas: list[Meta] = []
    nullable = False
    while True:
        members = [each for each in get_args(kind) if each not in (type(None), UnsetType)]
        if get_origin(kind) is Annotated:
            kind, *found = get_args(kind)
            metas += [meta for meta in found if isinstance(meta, Meta)]
        elif isinstance(kind, NewType):
            kind = kind.__supertype__
        elif get_origin(kind) in (Union, types.UnionType) and len(members) == 1:
            nullable = nullable or type(None) in get_args(kind)
            kind = members[0]
        else:
            return Kind(kind, nullable, tuple(metas))


def default_in(field: FieldInfo) -> Any:
    """What a Struct takes where the field is left out; ABSENT if it must be there."""
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return ABSENT if field.default is NODEFAULT else field.default
