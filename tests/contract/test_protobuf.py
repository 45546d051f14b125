"""What goes over gRPC is what was sent: every operation, there and back."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plaza.edge.grpc.methods import Method, Service, methods
from plaza.edge.operations import defaults, parameters, result
from plaza.platform.problems import Invalid, Unreadable
from tests.architecture.source import ROOT
from tests.contract.tables import tables
from tests.edge.values import members, values
from tools import contracts

METHODS = [method for table in tables("grpc", Service) for method in methods(table).values()]
EACH = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path)
TRIES = settings(max_examples=40, deadline=None)


def arguments(method: Method) -> st.SearchStrategy[dict]:
    optional = defaults(method.operation)
    kinds = parameters(method.operation)
    return members({name: (kind, name in optional) for name, kind in kinds.items()})


def test_there_are_methods_to_judge():
    assert len(METHODS) >= 5


@EACH
def test_arguments_arrive_as_they_were_sent(method):
    usual = defaults(method.operation)

    @TRIES
    @given(arguments(method))
    def there_and_back(given):
        arrived = method.read_request(method.write_request(given))
        assert usual | arrived == usual | given

    there_and_back()


@EACH
def test_an_answer_arrives_as_it_was_given(method):
    @TRIES
    @given(values(result(method.operation)))
    def there_and_back(made):
        assert method.read_answer(method.write_answer(made)) == made

    there_and_back()


def test_what_is_shipped_is_what_the_proto_files_say():
    """`make generate` writes it again."""
    shipped = contracts.SHIPPED / contracts.DESCRIPTORS
    assert shipped.read_bytes() == contracts.descriptors()


def test_the_schema_that_is_shipped_is_the_one_under_review():
    shipped: Path = contracts.SHIPPED / contracts.SCHEMA.name
    assert shipped.read_bytes() == (ROOT / "api" / "schema.graphql").read_bytes()


@EACH
def test_whatever_bytes_are_sent_they_are_read_or_refused(method):
    @TRIES
    @given(st.binary(max_size=100))
    def read(sent):
        with suppress(Unreadable, Invalid):
            method.read_request(sent)

    read()
