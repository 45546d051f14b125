"""From the text of a query to something that may be run: parsed, counted, validated; kept."""

from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)
from msgspec import Struct

from plaza.edge.graphql import limits
from plaza.edge.graphql.problems import NotInSchema, TooComplex, Unparsable, refused, told

KEPT = 128
KEPT_CHARACTERS = 4_000
ERRORS = 10


class Prepared(Struct, frozen=True):
    """A document, or the errors that keep it from being run."""

    document: DocumentNode | None
    errors: tuple[dict[str, Any], ...] = ()


class Documents:
    """What was prepared is kept by its text, if that is short; few enough to bound memory."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known = lru_cache(KEPT)(self._prepare)

    def prepare(self, query: str) -> Prepared:
        return self._known(query) if len(query) <= KEPT_CHARACTERS else self._prepare(query)

    def _prepare(self, query: str) -> Prepared:
        try:
            document = parse(
                query,
                max_lexical_tokens=limits.TOKENS,
                max_comments=limits.COMMENTS,
                max_source_length=limits.CHARACTERS,
                allow_empty_selection_sets=False,
            )
            limits.count(document)
        except GraphQLError as error:
            return Prepared(None, tuple(told([error], Unparsable)))
        except TooComplex as problem:
            return Prepared(None, (refused(problem),))
        errors = validate(
            self._schema,
            document,
            max_errors=ERRORS,
            hide_suggestions=True,
            allow_empty_selection_sets=False,
        )
        return Prepared(document, tuple(told(errors, NotInSchema)))


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The one that is named, or the only one; None where neither is there."""
    found = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (name is None or (each.name is not None and each.name.value == name))
    ]
    return found[0] if len(found) == 1 else None
