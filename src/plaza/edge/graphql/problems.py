"""Refusals in GraphQL: a message, and a code and a kind that are the same in every protocol."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import structlog
from graphql import GraphQLError

from plaza.edge.graphql.wording import unquoted
from plaza.platform.problems import Bug, FieldError, Kind, Problem

log = structlog.get_logger()


class TooComplex(Problem):
    """Refused before any of it was done."""

    kind, code, title = Kind.INVALID, "request.too_complex", "The query asks for too much at once"


class Unparsable(Problem):
    kind, code, title = Kind.UNREADABLE, "request.unparsable", "The query is not GraphQL"


class NotInSchema(Problem):
    kind, code = Kind.INVALID, "request.not_in_schema"
    title = "The query does not fit the schema"


class Refusal(Exception):
    """A problem on its way through the library; `renamed` are parameters by their schema names."""

    def __init__(self, problem: Problem, renamed: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(problem.detail or problem.title)
        self.extensions = {**problem.facts, **_extensions(problem, renamed)}


def refused(problem: Problem) -> dict[str, Any]:
    """As an answer tells it that has no data."""
    refusal = Refusal(problem)
    return {"message": str(refusal), "extensions": refusal.extensions}


def told(errors: Sequence[GraphQLError], unexplained: type[Problem]) -> list[dict[str, Any]]:
    """As the answer tells them. A bug is logged whole, and told to nobody.

    `unexplained` is what stands behind errors of the library's own.
    """
    return [_told(error, unexplained) for error in errors]


def _told(error: GraphQLError, unexplained: type[Problem]) -> dict[str, Any]:
    original = error.original_error
    if isinstance(original, Refusal):
        return {**error.formatted, "extensions": original.extensions}
    if error.path is None:
        message = unquoted(error.message)
        extensions = _extensions(unexplained(), {})
        return {**error.formatted, "message": message, "extensions": extensions}
    log.error("bug", exc_info=original or error, field=_field(error))
    return {**error.formatted, "message": Bug.title, "extensions": _extensions(Bug(), {})}


def _field(error: GraphQLError) -> str:
    return ".".join(str(step) for step in error.path or ())


def _extensions(problem: Problem, renamed: Mapping[str, str]) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": problem.code, "kind": problem.kind.value}
    if problem.errors:
        extensions["errors"] = [
            {"pointer": _pointer(error, renamed), "message": error.message}
            for error in problem.errors
        ]
    if problem.retry_after is not None:
        extensions["retryAfter"] = problem.retry_after
    return extensions


def _pointer(error: FieldError, renamed: Mapping[str, str]) -> str:
    """With the names of the schema, which the client sent."""
    start, *steps = error.pointer.split("/")
    if steps:
        steps[0] = renamed.get(steps[0], steps[0])
    return "/".join([start, *(_camel(step) for step in steps)])


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
