"""GraphQL over HTTP, as the draft of the GraphQL foundation wants it: one request, one operation.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute,
    get_variable_values,
)

from plaza.edge.graphql.documents import ERRORS, Documents, operation_of
from plaza.edge.graphql.fields import Asked, Served
from plaza.edge.graphql.limits import measure
from plaza.edge.graphql.problems import NotInSchema, TooComplex, Unparsable, refused, told
from plaza.edge.graphql.requests import RESPONSE, Query, read, response_type
from plaza.edge.rest.messages import Handler, Reply, Request
from plaza.edge.rest.problems import WrongMethod
from plaza.platform.caller import Caller
from plaza.platform.problems import FieldError, Invalid

OK, BAD_REQUEST = 200, 400
NAME_ONE = "name one of the query's operations in operationName"
NO_STORE = (b"cache-control", b"no-store")


def handler(served: Served) -> Handler:
    """For POST /graphql, and GET, which takes queries only.

    Raises Unreadable, NotAcceptable and WrongMethod as any route does; what is wrong with the query
    itself is answered as GraphQL.
    """
    endpoint = _Endpoint(served)

    async def handle(request: Request) -> Reply:
        kind = response_type(request.headers.get(b"accept"))
        body = await endpoint.answer(await read(request), request)
        status = BAD_REQUEST if kind == RESPONSE and "data" not in body else OK
        content_type = (b"content-type", f"{kind}; charset=utf-8".encode())
        return Reply(status, msgspec.json.encode(body), [content_type, NO_STORE])

    return handle


class _Endpoint:
    def __init__(self, served: Served) -> None:
        self._served = served
        self._documents = Documents(served.schema)

    async def answer(self, query: Query, request: Request) -> dict[str, Any]:
        """`data` is there if and only if the operation was run."""
        prepared = self._documents.prepare(query.query)
        if prepared.errors or prepared.document is None:
            return {"errors": prepared.errors}
        document = prepared.document
        operation = operation_of(document, query.operation_name)
        if operation is None:
            return {"errors": [refused(Unparsable(NAME_ONE))]}
        if request.method != "POST" and operation.operation is not OperationType.QUERY:
            raise WrongMethod("POST")
        served = self._served
        values = get_variable_values(
            served.schema,
            operation.variable_definitions or (),
            query.variables or {},
            max_errors=ERRORS,
            hide_suggestions=True,
        )
        if isinstance(values, list):
            return {"errors": told(values, NotInSchema)}
        try:
            caller = _with_key(request.caller, query, operation, document)
            measure(operation, document, served.schema, served.costs, values.coerced)
        except (TooComplex, Invalid) as problem:
            return {"errors": [refused(problem)]}
        return await self._run(document, query, Asked(caller))

    async def _run(self, document: DocumentNode, query: Query, asked: Asked) -> dict[str, Any]:
        running = execute(
            self._served.schema,
            document,
            context_value=asked,
            variable_values=query.variables or {},
            operation_name=query.operation_name,
            hide_suggestions=True,
        )
        result = running if isinstance(running, ExecutionResult) else await running
        errors = told(result.errors or (), NotInSchema)
        if result.data is None and all("path" not in error for error in errors):
            return {"errors": errors}
        body: dict[str, Any] = {"data": result.data}
        if errors:
            body["errors"] = errors
        if asked.replayed:
            body["extensions"] = {"idempotencyReplayed": True}
        return body


def _with_key(
    caller: Caller, query: Query, operation: OperationDefinitionNode, document: DocumentNode
) -> Caller:
    """The caller with the key of the request's extensions, which goes before the header.

    Raises Invalid where a key would have to stand for more than one mutation.
    """
    key = query.extensions.idempotency_key if query.extensions else None
    key = caller.origin.key if key is None else key
    if key is None:
        return caller
    if operation.operation is OperationType.MUTATION:
        if len(list(islice(_fields(operation.selection_set, document), 2))) != 1:
            wrong = "A request with a key has one mutation."
            raise Invalid(errors=(FieldError("/extensions/idempotencyKey", wrong),))
    else:
        key = None
    origin = msgspec.structs.replace(caller.origin, key=key)
    return msgspec.structs.replace(caller, origin=origin)


def _fields(selections: SelectionSetNode, document: DocumentNode) -> Iterator[FieldNode]:
    """The fields of the root, also those in fragments. Take few: a fragment may be spread often."""
    for each in selections.selections:
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, FragmentSpreadNode):
            for fragment in document.definitions:
                if isinstance(fragment, FragmentDefinitionNode) and fragment.name.value == (
                    each.name.value
                ):
                    yield from _fields(fragment.selection_set, document)
        elif isinstance(each, InlineFragmentNode):
            yield from _fields(each.selection_set, document)
