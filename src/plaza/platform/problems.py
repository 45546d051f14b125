"""What can go wrong, in words every protocol can translate."""

from enum import Enum
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

MANY_ERRORS = 100
"""No refusal lists more: who sent so much wrong reads no further."""


class Kind(Enum):
    """Each edge owns one table from these to its own codes; no other place knows a status."""

    UNREADABLE = "unreadable"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD = "method"
    NOT_ACCEPTABLE = "not_acceptable"
    CONFLICT = "conflict"
    STALE = "stale"
    GONE = "gone"
    TOO_LARGE = "too_large"
    MEDIA_TYPE = "media_type"
    UNCONDITIONAL = "unconditional"
    LIMITED = "limited"
    BUG = "bug"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"


class FieldError(Struct, frozen=True):
    """One thing wrong with the input: where (a JSON pointer, RFC 6901) and why."""

    pointer: Annotated[str, Meta(max_length=1_000)]
    message: Annotated[str, Meta(max_length=1_000)]


class Problem(Exception):
    """An expected refusal. Anything else that escapes a service is a bug.

    `code` is stable and unique; `title` is the same for every occurrence; `detail` and the
    public `facts` are of this one. Nothing internal belongs in any of them (RFC 9457).
    """

    kind: ClassVar[Kind]
    code: ClassVar[str]
    title: ClassVar[str]
    retry_after: int | None = None
    """Seconds until it is worth trying again."""

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), **facts: object
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors
        self.facts = facts


class Unreadable(Problem):
    kind, code, title = Kind.UNREADABLE, "request.unreadable", "The request could not be read"


class Invalid(Problem):
    """Readable, and wrong: `errors` names every field."""

    kind, code, title = Kind.INVALID, "request.invalid", "The request is not valid"


class LoginRequired(Problem):
    kind, code = Kind.UNAUTHENTICATED, "request.login_required"
    title = "A valid access token is required"


class NotAllowed(Problem):
    kind, code, title = Kind.FORBIDDEN, "request.not_allowed", "You may not do this"


class Stale(Problem):
    """The thing was edited since the caller read it; `version` is the current one."""

    kind, code, title = Kind.STALE, "request.stale_version", "It was edited since you read it"


class Unconditional(Problem):
    kind, code = Kind.UNCONDITIONAL, "request.unconditional"
    title = "Name the version you replace, in If-Match or as `version`"


class KeyReused(Problem):
    kind, code = Kind.INVALID, "request.key_reused"
    title = "This Idempotency-Key was used for another request"


class KeyInFlight(Problem):
    kind, code = Kind.CONFLICT, "request.key_in_flight"
    title = "A request with this Idempotency-Key is still running"
    retry_after = 1


class Limited(Problem):
    """`standing` is what the rule leaves that was broken; None when it was counted elsewhere."""

    kind, code, title = Kind.LIMITED, "request.limited", "Too many requests; wait before the next"
    retry_after = 1
    standing: Any = None


class Unavailable(Problem):
    kind, code, title = Kind.UNAVAILABLE, "service.unavailable", "Not available at the moment"
    retry_after = 1


class TimedOut(Problem):
    kind, code = Kind.TIMEOUT, "service.timeout"
    title = "It took too long; the outcome is unknown, repeat with the same Idempotency-Key"


class Bug(Problem):
    """Logged whole, told to nobody."""

    kind, code, title = Kind.BUG, "service.bug", "Something went wrong on our side"
