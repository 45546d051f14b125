"""The contract over HTTP, OpenAPI 3.1: written from the tables that also answer."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import yaml
from msgspec import to_builtins

from plaza.edge.operations import Bound, defaults
from plaza.edge.rest.openapi_answers import HEADERS, Answers
from plaza.edge.rest.openapi_schemas import JsonSchema, Schemas
from plaza.edge.rest.problems import ProblemBody
from plaza.edge.rest.routes import Plan, Route, plan
from plaza.platform.ids import Version
from plaza.platform.operations import May

Document = dict[str, Any]

ABOUT = """\
Paths start with `/v1`; `/api/v1` is another name for it, and a trailing slash makes no difference.
Every answer is JSON; every refusal is `application/problem+json` (RFC 9457) with a stable `code`.
"""
SERVERS = [
    {
        "url": "/",
        "description": "The server this came from, be it local, staging or production.",
        "x-internal": False,
    }
]
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token, as login and refresh give it; checked as RFC8725 asks.",
}
MAY = {
    May.ANYONE: "",
    May.USER: "",
    May.MODERATOR: "For moderators and admins.",
    May.ADMIN: "For admins.",
}
ASIDE = re.compile(r"[;:]| \(")
"""Where a sentence has said what is done and goes on to how."""

METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
REQUEST_HEADERS: dict[str, JsonSchema] = {
    "Idempotency-Key": {
        "description": "Makes it safe to repeat: the same key gets the first answer again, for a"
        " day, and never a second effect.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": r"^[ -~]*[!#-~][ -~]*$",
        },
    },
    "If-Match": {
        "description": "The ETag of what you read: the edit fails with 412 if it is not the"
        " current one. A `version` in the body does the same, with 409.",
        "schema": {
            "type": "string",
            "maxLength": 21,
            "pattern": '^"[1-9][0-9]{0,9}(-[0-9a-f]{8})?"$',
        },
    },
    "If-None-Match": {
        "description": "ETags of what you have: 304 if one is current.",
        "schema": {"type": "string", "maxLength": 1_000},
    },
    "X-Request-ID": {
        "description": "What to find this request by, in the answer, logs and events; what is"
        " of another form is replaced.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "pattern": "^[A-Za-z0-9._:/+=-]*$",
        },
    },
}


class _Writer:
    def __init__(self, routes: Iterable[Route]) -> None:
        """An operation needs no api behind it to be described, so it stands for its own."""
        self.lines = [
            (line, Bound(line.operation, SimpleNamespace(**{line.operation.__name__: None})))
            for line in routes
        ]
        self.plans = [plan(line, bound) for line, bound in self.lines]
        self.schemas = Schemas(self._kinds())
        self.answers = Answers(self.schemas.of(Version))

    def _kinds(self) -> Iterator[Any]:
        yield from (ProblemBody, Version)
        for (_, bound), sources in zip(self.lines, self.plans, strict=True):
            yield from (bound.parameters[name] for name in (*sources.path, *sources.query))
            if sources.body is not None:
                yield sources.body[1]
            if bound.result is not type(None):
                yield bound.result

    def operations(self) -> Iterator[tuple[str, str, Document]]:
        """Path, method and operation, in the order a reader looks for them."""
        written = zip(self.lines, self.plans, strict=True)
        in_order = sorted(written, key=lambda each: _place(each[0][0]))
        for (line, bound), sources in in_order:
            yield line.path, line.method.lower(), self._operation(line, bound, sources)

    def _operation(self, line: Route, bound: Bound, sources: Plan) -> Document:
        summary, description = _words(line, bound)
        made = None if bound.result is type(None) else self.schemas.of(bound.result)
        operation: Document = {
            "operationId": operation_id(line),
            "tags": [context_of(line)],
            "summary": summary,
            "description": description,
            "security": _security(bound.policy.may),
            "parameters": list(self._parameters(line, bound, sources)),
        }
        if sources.body is not None:
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": self.schemas.of(sources.body[1])}},
            }
        operation["responses"] = self.answers.of(line, bound, sources, made)
        return operation

    def _parameters(self, line: Route, bound: Bound, sources: Plan) -> Iterator[Document]:
        for name in sources.path:
            schema = self.schemas.of(bound.parameters[name])
            yield _parameter(name, "path", schema, required=True)
        optional = defaults(line.operation)
        for name in sources.query:
            schema = _given(self.schemas.of(bound.parameters[name]))
            if optional.get(name) is not None:
                schema["default"] = to_builtins(optional[name])
            yield _parameter(name, "query", schema, required=name not in optional)
        for name in _headers(line, bound, sources):
            yield {"$ref": f"#/components/parameters/{name}"}


def document(routes: Iterable[Route], version: str) -> Document:
    """The whole contract of these tables; the same each time.

    Raises TypeError for what is not bounded, not named or not described, ValueError for an
    operation that has two routes: its id would not be its own.
    """
    writer = _Writer(routes)
    paths: dict[str, Document] = {}
    contexts: dict[str, str] = {}
    ids: set[str] = set()
    for line, _ in writer.lines:
        contexts[context_of(line)] = _about(line)
    for path, method, operation in writer.operations():
        if operation["operationId"] in ids:
            raise ValueError(f"{operation['operationId']} is routed twice")
        ids.add(operation["operationId"])
        paths.setdefault(path, {})[method] = operation
    components = {
        "schemas": writer.schemas.components,
        "responses": dict(sorted(writer.answers.shared.items())),
        "parameters": {
            name: {"name": name, "in": "header", **header}
            for name, header in REQUEST_HEADERS.items()
        },
        "headers": HEADERS,
        "securitySchemes": {"bearer": BEARER},
    }
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": "Plaza",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": SERVERS,
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": contexts[name]} for name in sorted(contexts)],
        "paths": paths,
        "components": components,
    }
    return _without_unused(made)


def to_yaml(made: Document) -> str:
    return yaml.dump(made, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """No anchors, lists set in, and text of several lines as it is: for a reader's eyes."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True

    def increase_indent(self, *given: Any, **named: Any) -> None:
        super().increase_indent(*given, **{**named, "indentless": False})


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def context_of(line: Route) -> str:
    """`plaza.posts.api` is posts."""
    return line.operation.__module__.split(".")[1]


def operation_id(line: Route) -> str:
    """`posts_create`; in a context with several nouns `accounts_sessions_revoke`."""
    _, *names = line.operation.__module__.split(".")
    nouns = dict.fromkeys(name for name in names if name != "api")
    return "_".join([*nouns, line.operation.__name__])


def _place(line: Route) -> tuple[str, int]:
    return line.path, METHODS.index(line.method)


def _words(line: Route, bound: Bound) -> tuple[str, str]:
    text = inspect.getdoc(line.operation)
    if not text:
        raise TypeError(f"{bound.name} does not say what it does")
    summary = ASIDE.split(text.partition("\n")[0])[0].rstrip(".")
    said = [text, MAY[bound.policy.may]]
    return summary, "\n\n".join(each for each in said if each)


def _about(line: Route) -> str:
    """What a context is for: the docstring of its package."""
    package = ".".join(line.operation.__module__.split(".")[:2])
    text = inspect.getdoc(import_module(package))
    if not text:
        raise TypeError(f"{package} does not say what it is for")
    return text


def _security(may: May) -> list[dict[str, list[str]]]:
    """A token that is given is checked, also where none is needed."""
    return [{"bearer": []}] if may is not May.ANYONE else [{}, {"bearer": []}]


def _headers(line: Route, bound: Bound, sources: Plan) -> Sequence[str]:
    names = ["X-Request-ID"]
    if bound.policy.idempotent:
        names.append("Idempotency-Key")
    if sources.versioned:
        names.append("If-Match")
    if line.method == "GET" and not bound.policy.secret:
        names.append("If-None-Match")
    return sorted(names)


def _parameter(name: str, where: str, schema: JsonSchema, *, required: bool) -> Document:
    made: Document = {"name": name, "in": where, "required": required}
    if schema.get("type") == "array":
        made |= {"style": "form", "explode": False}
    if "description" in schema:
        made["description"] = schema.pop("description")
    return {**made, "schema": schema}


def _given(schema: JsonSchema) -> JsonSchema:
    """A query cannot say null: what may be null is left out."""
    if isinstance(schema.get("type"), list):
        (kind,) = (each for each in schema["type"] if each != "null")
        return {**schema, "type": kind}
    others = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return dict(others[0]) if len(others) == 1 else schema


def _without_unused(made: Document) -> Document:
    """Components that nothing refers to say nothing."""
    components = made["components"]
    while True:
        used = set(_refs(made))
        kept = {
            kind: {
                name: each
                for name, each in group.items()
                if kind == "securitySchemes" or f"#/components/{kind}/{name}" in used
            }
            for kind, group in components.items()
        }
        if kept == components:
            return made
        made["components"] = components = {kind: group for kind, group in kept.items() if group}


def _refs(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from _refs(each)
    elif isinstance(part, list):
        for each in part:
            yield from _refs(each)
