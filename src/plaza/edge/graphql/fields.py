"""Bind operations to the fields of a schema written by hand."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from ariadne import EnumType, ObjectType, make_executable_schema
from graphql import GraphQLResolveInfo, GraphQLSchema
from msgspec import Struct

from plaza.edge.arguments import convert
from plaza.edge.graphql import agreement
from plaza.edge.graphql.connections import ARGUMENTS, connection
from plaza.edge.graphql.problems import Refusal
from plaza.edge.graphql.scalars import SCALARS
from plaza.edge.operations import Bound, Memory, defaults
from plaza.platform.caller import Caller
from plaza.platform.operations import Operation
from plaza.platform.problems import Problem
from plaza.platform.rates import Rates

ROOTS = ("Query", "Mutation")


class Fields(Struct, frozen=True, kw_only=True):
    """One context's graphql.py: the fields of the schema that its operations answer."""

    query: Mapping[str, Operation] = {}
    mutation: Mapping[str, Operation] = {}


Answered = tuple[Fields, object, Memory | None]
"""Fields, what answers them, and the store of the answers that idempotency keys got."""


class Asked(Struct):
    """One request as its fields see it; `replayed` is set by whoever finds a kept answer."""

    caller: Caller
    replayed: bool = False


class Served(Struct, frozen=True):
    """A schema that answers, and the points each field of its roots costs."""

    schema: GraphQLSchema
    costs: Mapping[tuple[str, str], int]


def serve(sdl: str, contexts: Sequence[Answered], rates: Rates | None = None) -> Served:
    """Raises TypeError where the schema and the operations differ, and says where."""
    roots = {name: ObjectType(name) for name in ROOTS}
    found = list(_bound(contexts, rates))
    for root, name, bound in found:
        roots[root].set_field(name, _resolver(bound))
    operations = [bound for _, _, bound in found]
    enums = [EnumType(each.__name__, each) for each in agreement.enums(operations)]
    schema = make_executable_schema(sdl, *roots.values(), *SCALARS, *enums, convert_names_case=True)
    agreement.check(schema, {(root, name): bound for root, name, bound in found})
    return Served(schema, {(root, name): bound.policy.cost for root, name, bound in found})


def _bound(contexts: Sequence[Answered], rates: Rates | None) -> Iterator[tuple[str, str, Bound]]:
    for fields, api, memory in contexts:
        for root, operations in zip(ROOTS, (fields.query, fields.mutation), strict=True):
            for name, operation in operations.items():
                yield root, name, Bound(operation, api, memory, rates)


def _resolver(bound: Bound) -> Callable[..., Awaitable[object]]:
    paged = agreement.is_page(bound.result)
    given_as = {name: name for name in bound.parameters}
    if paged:
        given_as = {parameter: name for name, parameter in ARGUMENTS.items()} | {
            name: name for name in bound.parameters if name not in ARGUMENTS.values()
        }
    parameter_of = {name: parameter for parameter, name in given_as.items()}
    optional = defaults(bound.operation)

    async def resolve(_: object, info: GraphQLResolveInfo[Asked], **given: object) -> object:
        asked = info.context
        try:
            bound.permit(asked.caller)
            raw = {parameter_of[name]: value for name, value in given.items()}
            arguments = convert(_without_nulls(raw, optional), bound.parameters)
            caller = bound.claimed(asked.caller, arguments)
            made = await bound(caller, arguments)
        except Problem as problem:
            raise Refusal(problem, given_as) from problem
        claim = caller.origin.claim
        asked.replayed = asked.replayed or (claim is not None and claim.replayed)
        if paged:
            return connection(made, arguments)
        return True if made is None else made

    return resolve


def _without_nulls(raw: Mapping[str, object], optional: Mapping[str, Any]) -> dict[str, object]:
    """Null for what may be left out is left out: a schema cannot forbid it."""
    return {n: v for n, v in raw.items() if v is not None or n not in optional}
