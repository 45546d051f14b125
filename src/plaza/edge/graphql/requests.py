"""A GraphQL request as HTTP carries it: in a body, or in a query."""

import json
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from plaza.edge.arguments import read_json
from plaza.edge.rest.body import read_json_body
from plaza.edge.rest.messages import Request
from plaza.edge.rest.problems import NotAcceptable
from plaza.platform.problems import Invalid, Unreadable

RESPONSE, JSON = "application/graphql-response+json", "application/json"
WRITTEN_AS_JSON = ("variables", "extensions")


class Extensions(Struct, rename="camel"):
    """What of a request's extensions means something here; the rest is let by."""

    idempotency_key: str | None = None


class Query(Struct, rename="camel"):
    """What is asked for. Unknown members are let by, as the draft has it."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: Extensions | None = None


_DECODER = msgspec.json.Decoder(Query)


async def read(request: Request) -> Query:
    """Raises Unreadable for what is no GraphQL request: in GraphQL over HTTP that is a 400."""
    try:
        if request.method == "POST":
            return read_json(await read_json_body(request), _DECODER)  # type: ignore[no-any-return]
        return _from_parameters(request.query)
    except Invalid as invalid:
        raise Unreadable("this is not a GraphQL request", errors=invalid.errors) from None


def _from_parameters(query: bytes) -> Query:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Unreadable("the query is not UTF-8 in percent encoding") from None
    given = dict(pairs)
    if len(given) != len(pairs):
        raise Unreadable("a parameter is given twice")
    members = [f"{json.dumps(name)}:{_member(name, value)}" for name, value in given.items()]
    return read_json(f"{{{','.join(members)}}}".encode(), _DECODER)  # type: ignore[no-any-return]


def _member(name: str, value: str) -> str:
    """A parameter as its member of the body. Raises Unreadable for what is not JSON."""
    if name not in WRITTEN_AS_JSON:
        return json.dumps(value)
    try:
        return json.dumps(json.loads(value or "null"))
    except (ValueError, RecursionError):
        raise Unreadable(f"{name} is not JSON") from None


@lru_cache(maxsize=256)
def response_type(accept: bytes | None) -> str:
    """The media type of the answer; JSON where the client leaves it open. Raises NotAcceptable."""
    wanted: dict[str, float] = {}
    for each in (accept or b"*/*").decode("latin-1").lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        wanted[kind] = max(wanted.get(kind, 0.0), _quality(parameters))
    anything = max(wanted.get("*/*", 0.0), wanted.get("application/*", 0.0))
    ours = wanted.get(RESPONSE, 0.0)
    plain = wanted.get(JSON, anything)
    if ours > 0 and ours >= plain:
        return RESPONSE
    if plain > 0:
        return JSON
    raise NotAcceptable


def _quality(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
