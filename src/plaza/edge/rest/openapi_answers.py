"""Every answer an operation can get: what the server does, read from where it is declared."""

from collections.abc import Iterable, Iterator
from typing import Any

from plaza.edge.operations import Bound
from plaza.edge.rest.openapi_schemas import AT, JsonSchema
from plaza.edge.rest.problems import (
    PRECONDITION_FAILED,
    STATUS,
    NoSuchPath,
    NotAcceptable,
    ProblemBody,
    TooLarge,
    WrongMediaType,
)
from plaza.edge.rest.routes import NO_CONTENT, NOT_MODIFIED, VERSION, Plan, Route
from plaza.platform.operations import May
from plaza.platform.problems import (
    Bug,
    Invalid,
    KeyInFlight,
    KeyReused,
    Kind,
    Limited,
    LoginRequired,
    NotAllowed,
    Problem,
    Stale,
    TimedOut,
    Unavailable,
    Unconditional,
    Unreadable,
)

Response = dict[str, Any]

ALWAYS: tuple[type[Problem], ...] = (
    Unreadable,
    LoginRequired,
    NotAcceptable,
    Invalid,
    Limited,
    Bug,
    Unavailable,
    TimedOut,
)
"""How any operation may refuse: who asks, what is asked, and what Plaza stands on."""

ON_THE_WIRE = (408, 431)
"""What protocol.py may answer before anybody knows which operation is meant."""

BUG = STATUS[Kind.BUG]
COUNTED = ("RateLimit", "RateLimit-Policy")
HEADERS: dict[str, JsonSchema] = {
    "ETag": {
        "description": "The version and a hash of this view: for If-Match and If-None-Match.",
        "required": True,
        "schema": {"type": "string", "maxLength": 21, "pattern": r'^"[0-9]{1,10}-[0-9a-f]{8}"$'},
    },
    "Idempotency-Replayed": {
        "description": "True when this is the answer that the same Idempotency-Key got before.",
        "schema": {"type": "boolean"},
    },
    "Location": {
        "description": "Where what was made can be read.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference", "maxLength": 2000},
    },
    "RateLimit": {
        "description": "What the limit that counts most here leaves: `r` calls for `t` seconds"
        " (draft-ietf-httpapi-ratelimit-headers). Absent where nothing was counted.",
        "schema": {"type": "string", "maxLength": 200},
    },
    "RateLimit-Policy": {
        "description": "That limit: `q` calls in a window of `w` seconds.",
        "schema": {"type": "string", "maxLength": 200},
    },
    "Retry-After": {
        "description": "Seconds until it is worth trying again.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400},
    },
    "WWW-Authenticate": {
        "description": "How to say who you are.",
        "required": True,
        "schema": {"type": "string", "maxLength": 200},
    },
    "X-Request-ID": {
        "description": "The request's own, when it was well-formed; else a new one.",
        "required": True,
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "pattern": "^[A-Za-z0-9._:/+=-]*$",
        },
    },
}


class Answers:
    """Responses by status. Those that say the same everywhere are kept once, in `shared`."""

    def __init__(self, version: JsonSchema) -> None:
        """`version` is the schema of the version that a stale edit is told."""
        self._version = version
        self.shared: dict[str, Response] = {}

    def of(
        self, line: Route, bound: Bound, sources: Plan, made: JsonSchema | None
    ) -> dict[str, Response]:
        """`made` is the schema of the result; None where there is none."""
        answers = dict(_successes(line, bound, made))
        by_status: dict[int, list[type[Problem]]] = {}
        for status, problem in _refusals(bound, sources):
            known = by_status.setdefault(status, [])
            if problem not in known:
                known.append(problem)
        for status, problems in by_status.items():
            answers[status] = self._refusal(status, problems)
        return {str(status): answers[status] for status in sorted(answers)}

    def _refusal(self, status: int, problems: list[type[Problem]]) -> Response:
        response = self._written(status, problems)
        if len(problems) > 1:
            return response
        name = problems[0].__name__
        if status != STATUS[problems[0].kind]:
            name += str(status)
        self.shared[name] = response
        return {"$ref": f"#/components/responses/{name}"}

    def _written(self, status: int, problems: list[type[Problem]]) -> Response:
        own: JsonSchema = {
            "type": "object",
            "properties": {
                "status": {"const": status},
                "code": {"type": "string", "enum": [each.code for each in problems]},
            },
        }
        if problems == [Stale]:
            own["properties"][VERSION] = self._version
            own["required"] = [VERSION]
        names = ["X-Request-ID"]
        if status < BUG and status not in ON_THE_WIRE:
            names += COUNTED
        if any(each.kind is Kind.UNAUTHENTICATED for each in problems):
            names.append("WWW-Authenticate")
        if any(each.retry_after is not None for each in problems):
            names.append("Retry-After")
        schema = {"allOf": [{"$ref": AT + ProblemBody.__name__}, own]}
        return {
            "description": "\n".join(f"`{each.code}`: {each.title}." for each in problems),
            "headers": _headers(names),
            "content": {ProblemBody.media_type: {"schema": schema}},
        }


def _headers(names: Iterable[str]) -> dict[str, JsonSchema]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}


def _successes(
    line: Route, bound: Bound, made: JsonSchema | None
) -> Iterator[tuple[int, Response]]:
    names = ["X-Request-ID", *COUNTED]
    if bound.policy.idempotent:
        names.append("Idempotency-Replayed")
    if made is None:
        yield NO_CONTENT, {"description": "Done.", "headers": _headers(names)}
        return
    if not bound.policy.secret:
        names.append("ETag")
        if line.method == "GET":
            unchanged = _headers(["ETag", "X-Request-ID"])
            yield NOT_MODIFIED, {"description": "What you have is current.", "headers": unchanged}
    if line.location is not None:
        names.append("Location")
    yield (
        line.status,
        {
            "description": "Made." if line.location is not None else "Here it is.",
            "headers": _headers(names),
            "content": {"application/json": {"schema": made}},
        },
    )


def _refusals(bound: Bound, sources: Plan) -> Iterator[tuple[int, type[Problem]]]:
    yield from ((status, Unreadable) for status in ON_THE_WIRE)
    for problem in (*ALWAYS, *_of_the_edge(bound, sources), *bound.policy.problems):
        yield STATUS[problem.kind], problem
        if problem.kind is Kind.STALE and sources.versioned:
            yield PRECONDITION_FAILED, problem


def _of_the_edge(bound: Bound, sources: Plan) -> Iterator[type[Problem]]:
    if bound.policy.may not in {May.ANYONE, May.USER}:
        yield NotAllowed
    if sources.path:
        yield NoSuchPath
    if sources.body is not None:
        yield from (TooLarge, WrongMediaType)
    if sources.versioned:
        yield from (Stale, Unconditional)
    if bound.policy.idempotent:
        yield from (KeyInFlight, KeyReused)
