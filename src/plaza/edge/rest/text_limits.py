"""How long what is sent may be: read from the types of the operations that take it."""

from collections.abc import Iterable, Iterator

import msgspec

from plaza.edge.kinds import kind_of
from plaza.edge.operations import parameters
from plaza.edge.rest.openapi import operation_id
from plaza.edge.rest.routes import Route
from plaza.platform.limits import TextLimit, in_order


def text_limits(routes: Iterable[Route]) -> list[TextLimit]:
    return in_order([each for line in routes for each in _limits(line)])


def _limits(line: Route) -> Iterator[TextLimit]:
    for kind in parameters(line.operation).values():
        if not kind_of(kind).is_struct:
            continue
        for field in msgspec.structs.fields(kind):
            found = kind_of(field.type)
            most = [meta.max_length for meta in found.metas if meta.max_length is not None]
            if most:
                least = [meta.min_length or 0 for meta in found.metas]
                yield TextLimit(
                    operation=operation_id(line),
                    field=field.encode_name,
                    at_least=max(least),
                    at_most=min(most),
                )
