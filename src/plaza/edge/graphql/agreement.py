"""The schema and the operations say the same, or nothing starts.

Names, types and what may be null are compared, all the way down. A field that an operation answers
may be null in the schema, as it may be refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import msgspec
from ariadne import convert_camel_case_to_snake as snake
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)

from plaza.edge.graphql.connections import ARGUMENTS
from plaza.edge.graphql.limits import default_of
from plaza.edge.graphql.scalars import CARRIED
from plaza.edge.kinds import ABSENT, Kind, default_in, kind_of
from plaza.edge.operations import Bound, defaults
from plaza.platform.paging import Page

INT = (-(2**31), 2**31 - 1)
CONNECTION, EDGE = "Connection", "Edge"


def is_page(kind: Any) -> bool:
    return get_origin(kind) is Page


def enums(operations: Iterable[Bound]) -> set[type[Enum]]:
    """Every enum that a parameter or a result is made of."""
    found: set[type[Enum]] = set()
    seen: set[Any] = set()
    waiting = [kind for each in operations for kind in (*each.parameters.values(), each.result)]
    while waiting:
        kind = kind_of(waiting.pop())
        if kind.item is not None:
            waiting.append(kind.item)
        elif kind.is_struct and kind.bare not in seen:
            seen.add(kind.bare)
            waiting += [each.type for each in msgspec.structs.fields(kind.bare)]
        elif isinstance(kind.bare, type) and issubclass(kind.bare, Enum):
            found.add(kind.bare)
    return found


def check(schema: GraphQLSchema, bound: Mapping[tuple[str, str], Bound]) -> None:
    """Raises TypeError with every difference."""
    wrong = list(_Comparison().differences(schema, bound))
    if wrong:
        raise TypeError("the GraphQL schema differs: " + "; ".join(wrong))


class _Comparison:
    """Each type is looked at once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def differences(
        self, schema: GraphQLSchema, bound: Mapping[tuple[str, str], Bound]
    ) -> Iterator[str]:
        roots = [root for root in (schema.query_type, schema.mutation_type) if root]
        for root, name, field in ((r, n, f) for r in roots for n, f in r.fields.items()):
            operation = bound.get((root.name, name))
            if operation is None:
                yield f"no operation answers {name}"
                continue
            if isinstance(field.type, GraphQLNonNull):
                yield f"{name} must be nullable: it may be refused"
            yield from self._arguments(name, field.args, operation)
            yield from self._answer(name, field.type, operation.result)

    def _arguments(self, name: str, given: Mapping[str, Any], bound: Bound) -> Iterator[str]:
        renamed = ARGUMENTS if is_page(bound.result) else {}
        theirs = {renamed.get(each, snake(each)): argument for each, argument in given.items()}
        yield from _names(name, theirs, bound.parameters)
        optional = defaults(bound.operation)
        for each in sorted(theirs.keys() & bound.parameters.keys()):
            kind, at = bound.parameters[each], f"{name}({each})"
            yield from self._input(at, theirs[each], kind, optional.get(each, ABSENT))

    def _input(self, where: str, given: Any, kind: Any, default: Any) -> Iterator[str]:
        found = kind_of(kind)
        must = isinstance(given.type, GraphQLNonNull)
        if must != (default is ABSENT and not found.nullable):
            yield f"{where} must {'not ' if must else ''}be required"
        said = default_of(given)
        if said is not Undefined and said != default:
            yield f"{where} has another default"
        yield from self._same(where, given.type, found)

    def _answer(self, where: str, given: Any, kind: Any) -> Iterator[str]:
        if kind is type(None):
            yield from self._same(where, given, kind_of(bool))
        elif is_page(kind):
            yield from self._connection(where, given, kind)
        else:
            yield from self._same(where, given, kind_of(kind))

    def _connection(self, where: str, given: Any, kind: Any) -> Iterator[str]:
        item = kind_of(get_args(kind)[0]).bare.__name__
        edges = given.fields["edges"].type if given.name == item + CONNECTION else None
        if str(edges) != f"[{item}{EDGE}!]!":
            yield f"{where} must be a {item}{CONNECTION} of {item}{EDGE}"
            return
        edge = _bare(_bare(edges).of_type)
        yield from self._output(f"{where}.node", edge.fields["node"].type, get_args(kind)[0])

    def _output(self, where: str, given: Any, kind: Any) -> Iterator[str]:
        found = kind_of(kind)
        if isinstance(given, GraphQLNonNull) == found.nullable:
            yield f"{where} must {'' if found.nullable else 'not '}be nullable"
        yield from self._same(where, given, found)

    def _same(self, where: str, given: Any, kind: Kind) -> Iterator[str]:
        """Whether the type carries the kind, whatever may be null."""
        bare = _bare(given)
        if isinstance(bare, GraphQLList) and kind.item is not None:
            yield from self._output(f"{where}[]", bare.of_type, kind.item)
        elif isinstance(bare, GraphQLObjectType | GraphQLInputObjectType) and kind.is_struct:
            yield from self._struct(where, bare, kind)
        elif isinstance(bare, GraphQLEnumType) and isinstance(kind.bare, type):
            members = set(getattr(kind.bare, "__members__", ()))
            if bare.name != kind.bare.__name__ or set(bare.values) != members:
                yield f"{where} is {bare.name}, not {kind.bare.__name__} of {sorted(members)}"
        elif getattr(bare, "name", None) != _scalar(kind):
            yield f"{where} is {bare}, which does not carry {kind.bare}"
        elif kind.bare is int and any(_wide(meta) for meta in kind.metas):
            yield f"{where} is Int, which is too narrow"

    def _struct(self, where: str, given: Any, kind: Kind) -> Iterator[str]:
        if given.name != kind.bare.__name__:
            yield f"{where} is {given.name}, not {kind.bare.__name__}"
            return
        if given.name in self._seen:
            return
        self._seen.add(given.name)
        fields = {each.encode_name: each for each in msgspec.structs.fields(kind.bare)}
        theirs = {snake(name): field for name, field in given.fields.items()}
        yield from _names(given.name, theirs, fields)
        for name in sorted(theirs.keys() & fields.keys()):
            ours, at = fields[name], f"{given.name}.{name}"
            if isinstance(given, GraphQLInputObjectType):
                yield from self._input(at, theirs[name], ours.type, default_in(ours))
            else:
                yield from self._output(at, theirs[name].type, ours.type)


def _names(where: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    if theirs.keys() != ours.keys():
        yield f"{where} in {sorted(theirs.keys() ^ ours.keys())}"


def _bare(given: Any) -> Any:
    return given.of_type if isinstance(given, GraphQLNonNull) else given


def _scalar(kind: Kind) -> str | None:
    if get_origin(kind.bare) is Literal:
        return CARRIED[type(get_args(kind.bare)[0])]
    return CARRIED.get(kind.bare)


def _wide(meta: msgspec.Meta) -> bool:
    return any(each is not None and not INT[0] <= each <= INT[1] for each in (meta.ge, meta.le))
