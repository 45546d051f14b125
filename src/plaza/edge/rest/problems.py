"""Refusals in HTTP: one table of statuses, one shape of body (RFC 9457)."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from plaza.edge.rest.messages import PROBLEM, Headers, Reply
from plaza.platform.problems import MANY_ERRORS, FieldError, Kind, Problem

STATUS = {
    Kind.UNREADABLE: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.CONFLICT: 409,
    Kind.STALE: 409,  # 412 when the version came in If-Match
    Kind.GONE: 410,
    Kind.TOO_LARGE: 413,
    Kind.MEDIA_TYPE: 415,
    Kind.INVALID: 422,
    Kind.UNCONDITIONAL: 428,
    Kind.LIMITED: 429,
    Kind.BUG: 500,
    Kind.UNAVAILABLE: 503,
    Kind.TIMEOUT: 504,
}
PRECONDITION_FAILED = 412
ABOUT = "urn:plaza:problem:"
"""Problems of one kind are of one `type`; which one it is says `code`."""


class NoSuchPath(Problem):
    kind, code, title = Kind.NOT_FOUND, "request.no_such_path", "There is nothing at this path"


class WrongMethod(Problem):
    kind, code, title = Kind.METHOD, "request.wrong_method", "This path does not take this method"

    def __init__(self, allowed: str) -> None:
        super().__init__(allowed=allowed)
        self.allowed = allowed


class NotAcceptable(Problem):
    kind, code = Kind.NOT_ACCEPTABLE, "request.not_acceptable"
    title = "This path answers application/json"


class TooLarge(Problem):
    kind, code, title = Kind.TOO_LARGE, "request.too_large", "The request is too large"


class WrongMediaType(Problem):
    kind, code = Kind.MEDIA_TYPE, "request.wrong_media_type"
    title = "This path takes application/json, in UTF-8, not compressed"


class ProblemBody(Struct, kw_only=True, rename={"kind": "type"}):
    """What every refusal looks like. A `version` or other facts stand beside these members.

    `detail` is the title again where there is no more to say.
    """

    media_type: ClassVar[str] = "application/problem+json"

    kind: Annotated[str, Meta(max_length=200, extra_json_schema={"format": "uri"})]
    title: Annotated[str, Meta(max_length=200)]
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: Annotated[str, Meta(max_length=1_000)]
    code: Annotated[str, Meta(max_length=100, pattern="^[a-z_]+[.][a-z_]+$")]
    request_id: Annotated[str, Meta(max_length=128)]
    errors: Annotated[tuple[FieldError, ...], Meta(max_length=MANY_ERRORS)] | UnsetType = UNSET


def reply_to(problem: Problem, request_id: str, *, if_match: bool = False) -> Reply:
    """`if_match` says that the stale version came in the header (412, not 409)."""
    status = STATUS[problem.kind]
    if if_match and problem.kind is Kind.STALE:
        status = PRECONDITION_FAILED
    body = ProblemBody(
        kind=ABOUT + problem.kind.value,
        title=problem.title,
        status=status,
        code=problem.code,
        request_id=request_id,
        detail=problem.detail or problem.title,
        errors=problem.errors[:MANY_ERRORS] or UNSET,
    )
    members = {**problem.facts, **msgspec.to_builtins(body)}
    return Reply(status, msgspec.json.encode(members), _headers(problem))


def _headers(problem: Problem) -> Headers:
    headers = [PROBLEM, (b"cache-control", b"no-store")]
    if problem.kind is Kind.UNAUTHENTICATED:
        headers.append((b"www-authenticate", b'Bearer realm="plaza"'))
    if isinstance(problem, WrongMethod):
        headers.append((b"allow", problem.allowed.encode()))
    if problem.retry_after is not None:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    return headers
