"""What is offered in one protocol is offered in all, or the reason is here."""

from unittest.mock import sentinel

import pytest

from plaza.edge.contracts import graphql_schema
from plaza.edge.graphql.fields import Fields, serve
from plaza.edge.grpc.methods import Service, methods
from plaza.edge.rest.routes import Route
from tests.architecture.test_surface import OPERATIONS
from tests.contract.tables import tables

ELSEWHERE: dict[str, str] = {}
"""`Api.operation protocol` and why it is not offered there. Entries only leave."""


class Anything:
    """Stands for every api: binding asks whether it has the operation, never calls it."""

    def __getattr__(self, name):
        return sentinel.operation


def named():
    """Per protocol, the operations its tables name."""
    fields = list(tables("graphql", Fields))
    return {
        "REST": {each.operation for table in tables("rest", list) for each in routes(table)},
        "GraphQL": {
            each for table in fields for each in (*table.query.values(), *table.mutation.values())
        },
        "gRPC": {each for table in tables("grpc", Service) for each in table.operations.values()},
    }


def routes(table):
    return [each for each in table if isinstance(each, Route)]


@pytest.mark.parametrize("protocol", named())
def test_every_operation_is_offered(protocol):
    offered = {each.__qualname__ for each in named()[protocol]}
    missing = {f"{each.__qualname__} {protocol}" for each in OPERATIONS} - {
        f"{name} {protocol}" for name in offered
    }
    assert missing == {entry for entry in ELSEWHERE if entry.endswith(f" {protocol}")}


def test_the_graphql_schema_says_what_the_structs_say():
    """Names, types and nulls, all the way down; a difference is told by its path."""
    contexts = [(fields, Anything(), None) for fields in tables("graphql", Fields)]
    served = serve(graphql_schema(), contexts)
    assert len(served.costs) >= len(OPERATIONS)


def test_the_proto_files_say_what_the_structs_say():
    for service in tables("grpc", Service):
        assert methods(service).keys() == service.operations.keys()
