"""A route names an operation; binding it makes the handler. There is nothing to map."""

import re
from collections.abc import Awaitable, Callable
from functools import cache, lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Struct, UnsetType

from plaza.edge.arguments import convert, read_json, spelled_in
from plaza.edge.kinds import kind_of
from plaza.edge.operations import Bound, defaults
from plaza.edge.rest.body import read_json_body
from plaza.edge.rest.conditions import expected_version, unchanged
from plaza.edge.rest.encoded import Encoded, encode, encode_tagged
from plaza.edge.rest.messages import FRESH, JSON, Handler, Reply, Request
from plaza.edge.rest.problems import NotAcceptable
from plaza.platform.ids import Version
from plaza.platform.operations import Operation
from plaza.platform.problems import FieldError, Invalid, Stale, Unconditional, Unreadable

PARAMETER = re.compile(r"\{(\w+)\}")
VERSION = "version"
READS = {"GET", "HEAD"}
FAMILIAR = 4_096
OK, NO_CONTENT, NOT_MODIFIED = 200, 204, 304
UNCONDITIONAL = "this operation takes no version, so that no condition can hold"
NO_STORE = (b"cache-control", b"no-store")


class Route(Struct, frozen=True, kw_only=True):
    """One line of a context's rest.py.

    `location` is where what was made can be read; `cached` says that the operation answers from a
    cache, with the same object again.
    """

    method: str
    path: str
    operation: Operation
    status: int = OK
    location: str | None = None
    cached: bool = False


def route(
    line: str,
    operation: Operation,
    *,
    status: int = OK,
    location: str | None = None,
    cached: bool = False,
) -> Route:
    method, path = line.split(" ")
    return Route(
        method=method,
        path=path,
        operation=operation,
        status=status,
        location=location,
        cached=cached,
    )


class Plan(Struct, frozen=True, kw_only=True):
    """Where each parameter of an operation comes from. The OpenAPI writer reads it too.

    `path` and `query` are names; `body` is the name of the Struct parameter and the type that is
    read for it: with a `version` beside its fields where the operation wants one.
    """

    path: tuple[str, ...]
    query: tuple[str, ...]
    body: tuple[str, type[Struct]] | None
    versioned: bool


def plan(line: Route, bound: Bound) -> Plan:
    """Raises TypeError for an operation that HTTP cannot supply."""
    kinds = bound.parameters
    path = tuple(PARAMETER.findall(line.path))
    structs = [
        n for n, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, Struct)
    ]
    versioned = kinds.get(VERSION) is Version
    if unknown := set(path) - kinds.keys():
        raise TypeError(f"{line.path} names {unknown}, {bound.name} does not take them")
    if len(structs) > 1 or (structs and line.method == "GET"):
        raise TypeError(f"{bound.name} takes {structs}; a request has one body, a GET has none")
    body = None
    if structs:
        kind = kinds[structs[0]]
        body = (structs[0], _with_version(kind) if versioned else kind)
    rest = [n for n in kinds if n not in path and n not in structs]
    query = tuple(n for n in rest if not (versioned and n == VERSION))
    return Plan(path=path, query=query, body=body, versioned=versioned)


@cache
def _with_version(kind: type[Struct]) -> type[Struct]:
    """One type for one Struct, however many operations edit it: it is named in the contract."""
    return msgspec.defstruct(
        f"Versioned{kind.__name__}",
        [(VERSION, Version | UnsetType, UNSET)],
        bases=(kind,),
        frozen=True,
        forbid_unknown_fields=True,
    )


def handler(line: Route, bound: Bound) -> Handler:
    """Decode a request into the operation's parameters, encode its result; nothing else."""
    place, body = _placer(line, bound), _body(line, bound)
    answer = _answer(line, bound)

    async def handle(request: Request) -> Reply:
        headers = request.headers
        accept = headers.get(b"accept")
        if accept is not None and not _takes_json(accept):
            raise NotAcceptable
        request.standing = bound.permit(request.caller)
        arguments = place(request)
        if body is not None:
            await body(request, arguments)
        elif b"if-match" in headers and request.method not in READS:
            raise Stale(UNCONDITIONAL)
        caller = bound.claimed(request.caller, arguments)
        made = await bound(caller, arguments)
        reply = answer(request, made)
        claim = caller.origin.claim
        if claim is not None and claim.replayed:
            reply.headers.append((b"idempotency-replayed", b"true"))
        return reply

    return handle


@lru_cache(maxsize=256)
def _takes_json(accept: bytes) -> bool:
    kinds = [each.partition(b";") for each in accept.lower().split(b",")]
    wanted = {b"*/*", b"application/*", b"application/json", b"application/problem+json"}
    return any(
        kind.strip() in wanted and b"q=0" not in rest.replace(b" ", b"").split(b";")
        for kind, _, rest in kinds
    )


def _placer(line: Route, bound: Bound) -> Callable[[Request], dict[str, Any]]:
    """What a request's path and query say."""
    sources = plan(line, bound)
    kinds = bound.parameters
    lists = [n for n in sources.query if kind_of(kinds[n]).item is not None]
    spelled = spelled_in(kinds)
    path = sources.path
    required = [n for n in sources.query if n not in defaults(line.operation)]
    known = frozenset(sources.query)

    def of_path(*values: str) -> dict[str, Any]:
        return convert(dict(zip(path, values, strict=True)), kinds, spelled=spelled)

    if line.method in READS:
        of_path = lru_cache(maxsize=FAMILIAR)(of_path)

    def place(request: Request) -> dict[str, Any]:
        if not (request.query or required):
            return dict(of_path(*request.path))
        raw: dict[str, object] = dict(zip(path, request.path, strict=True))
        raw |= _query(request.query, known, required)
        raw |= {n: _listed(raw[n]) for n in lists if n in raw}
        return convert(raw, kinds, spelled=spelled)

    return place


def _body(line: Route, bound: Bound) -> Callable[[Request, dict[str, Any]], Awaitable[None]] | None:
    """What its body says, and which version it is to replace; None where neither is taken."""
    sources = plan(line, bound)
    if sources.body is None and not sources.versioned:
        return None
    body, kind = sources.body or ("", None)
    decoder = None if kind is None else msgspec.json.Decoder(kind)

    async def read(request: Request, arguments: dict[str, Any]) -> None:
        named = UNSET
        if decoder is not None:
            content = read_json(await read_json_body(request), decoder)
            arguments[body] = content
            named = getattr(content, VERSION, UNSET)
        if sources.versioned:
            arguments[VERSION] = _version(request, named)
        elif b"if-match" in request.headers:
            raise Stale(UNCONDITIONAL)

    return read


def _query(query: bytes, known: frozenset[str], required: list[str]) -> dict[str, str]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Unreadable("the query is not UTF-8 in percent encoding") from None
    given = dict(pairs)
    errors = [
        FieldError(f"/{n[:100]}", "There is no such parameter.") for n in given.keys() - known
    ]
    errors += [
        FieldError(f"/{n}", "This parameter is required.") for n in required if n not in given
    ]
    if len(given) != len(pairs):
        errors.append(FieldError("", "A parameter is given twice."))
    if errors:
        raise Invalid(errors=tuple(sorted(errors, key=lambda error: error.pointer)))
    return given


def _listed(given: object) -> list[str]:
    """A list in a query is its items with commas between (OpenAPI: form, not exploded)."""
    return str(given).split(",") if given else []


def _version(request: Request, named: int | UnsetType) -> int:
    """The version an edit replaces: If-Match, or the body's; they must not disagree."""
    if_match = request.headers.get(b"if-match")
    if if_match is None:
        if named is UNSET:
            raise Unconditional
        return named
    expected = expected_version(if_match)
    if named is not UNSET and named != expected:
        raise Invalid(errors=(FieldError("/version", "If-Match names another version."),))
    return expected


def _answer(line: Route, bound: Bound) -> Callable[[Request, Any], Reply]:
    if bound.result is type(None):
        return lambda _request, _made: Reply(NO_CONTENT, b"", [])
    if bound.policy.secret:
        return lambda _request, made: Reply(line.status, encode(made), [JSON, NO_STORE])
    places = PARAMETER.findall(line.location or "")
    encoded = Encoded() if line.cached else encode_tagged

    def answer(request: Request, made: Any) -> Reply:
        said = encoded(made)
        asked = request.headers.get(b"if-none-match")
        if asked is not None and request.method in READS and unchanged(asked, said.tag):
            return Reply(NOT_MODIFIED, b"", [FRESH, (b"etag", said.tag)])
        if line.location is None:
            return Reply(line.status, said.body, [], said.head)
        where = line.location.format_map({name: getattr(made, name) for name in places})
        return Reply(line.status, said.body, [(b"location", where.encode())], said.head)

    return answer
