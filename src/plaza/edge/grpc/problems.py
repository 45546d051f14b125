"""Refusals in gRPC: one table of codes, and the way there and back (AIP-193).

The trailer `grpc-status-details-bin` holds a google.rpc.Status: its ErrorInfo has the problem's
code as `reason`, and its kind and facts, each as JSON, as `metadata`; BadRequest has the field
errors (JSON pointers), RetryInfo the seconds to wait.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from google.protobuf.message import DecodeError, Message
from grpc import StatusCode

from plaza.edge.grpc import status_details as details
from plaza.platform import problems as platform_problems
from plaza.platform.problems import FieldError, Kind, Problem, TimedOut, Unavailable

CODES = {
    Kind.UNREADABLE: StatusCode.INVALID_ARGUMENT,
    Kind.INVALID: StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: StatusCode.NOT_FOUND,
    Kind.METHOD: StatusCode.UNIMPLEMENTED,
    Kind.NOT_ACCEPTABLE: StatusCode.INVALID_ARGUMENT,
    Kind.CONFLICT: StatusCode.FAILED_PRECONDITION,
    Kind.STALE: StatusCode.ABORTED,
    Kind.GONE: StatusCode.NOT_FOUND,
    Kind.TOO_LARGE: StatusCode.RESOURCE_EXHAUSTED,
    Kind.MEDIA_TYPE: StatusCode.INVALID_ARGUMENT,
    Kind.UNCONDITIONAL: StatusCode.INVALID_ARGUMENT,
    Kind.LIMITED: StatusCode.RESOURCE_EXHAUSTED,
    Kind.BUG: StatusCode.INTERNAL,
    Kind.UNAVAILABLE: StatusCode.UNAVAILABLE,
    Kind.TIMEOUT: StatusCode.DEADLINE_EXCEEDED,
}
DETAILS = "grpc-status-details-bin"
DOMAIN = "plaza"
KIND = "kind"
ROOM = 4096
"""Bytes for field errors: trailers over 8 KiB are refused by clients, and the sentence is sent
twice."""

Problems = Mapping[str, type[Problem]]


def words_of(problem: Problem) -> str:
    return problem.detail or problem.title


def to_details(problem: Problem) -> bytes:
    """What goes into the trailer."""
    status: Any = details.new(details.STATUS)
    status.code = CODES[problem.kind].value[0]
    status.message = words_of(problem)
    for name, part in _parts(problem):
        status.details.add(type_url=_type_url(name), value=part.SerializeToString())
    made: bytes = status.SerializeToString()
    return made


def _parts(problem: Problem) -> Iterator[tuple[str, Message]]:
    info: Any = details.new(details.ERROR_INFO)
    info.reason, info.domain = problem.code, DOMAIN
    for name, fact in {**problem.facts, KIND: problem.kind}.items():
        info.metadata[name] = msgspec.json.encode(fact).decode()
    yield details.ERROR_INFO, info
    if problem.errors:
        bad: Any = details.new(details.BAD_REQUEST)
        for error in problem.errors:
            bad.field_violations.add(field=error.pointer, description=error.message)
            if bad.ByteSize() > ROOM:
                del bad.field_violations[-1]
                break
        yield details.BAD_REQUEST, bad
    if problem.retry_after is not None:
        retry: Any = details.new(details.RETRY_INFO)
        retry.retry_delay.seconds = problem.retry_after
        yield details.RETRY_INFO, retry


def known(declared: Iterable[type[Problem]]) -> Problems:
    """By code: what an operation declares, and what any may say."""
    everywhere = [
        each
        for each in vars(platform_problems).values()
        if isinstance(each, type) and issubclass(each, Problem) and each is not Problem
    ]
    return {each.code: each for each in (*everywhere, *declared)}


def from_details(sent: bytes, known: Problems) -> Problem | None:
    """The very problem that was raised elsewhere; one of its kind if its code is not known here.

    None for what no Plaza said.
    """
    try:
        status: Any = _parsed(details.STATUS, sent)
        parts = {each.type_url: each.value for each in status.details}
        info: Any = _parsed(details.ERROR_INFO, parts[_type_url(details.ERROR_INFO)])
        facts = {name: msgspec.json.decode(value) for name, value in info.metadata.items()}
        kind = Kind(facts.pop(KIND))
    except (DecodeError, KeyError, ValueError, msgspec.DecodeError):
        return None
    found = known.get(info.reason) or _unknown(kind, info.reason, status.message)
    problem = found.__new__(found)
    detail = "" if status.message == found.title else status.message
    Problem.__init__(problem, detail, errors=_errors(parts), **facts)
    retry = parts.get(_type_url(details.RETRY_INFO))
    if retry is not None:
        retrying: Any = _parsed(details.RETRY_INFO, retry)
        problem.retry_after = retrying.retry_delay.seconds
    return problem


def from_code(code: StatusCode) -> Problem | None:
    """What gRPC itself says about a part that did not answer; None for what is a bug.

    UNIMPLEMENTED is a process that is one release older.
    """
    match code:
        case StatusCode.DEADLINE_EXCEEDED:
            return TimedOut()
        case StatusCode.UNAVAILABLE | StatusCode.UNIMPLEMENTED | StatusCode.RESOURCE_EXHAUSTED:
            return Unavailable()
        case StatusCode.CANCELLED:
            return Unavailable()
    return None


def _errors(parts: Mapping[str, bytes]) -> tuple[FieldError, ...]:
    sent = parts.get(_type_url(details.BAD_REQUEST))
    if sent is None:
        return ()
    bad: Any = _parsed(details.BAD_REQUEST, sent)
    return tuple(FieldError(each.field, each.description) for each in bad.field_violations)


def _unknown(kind: Kind, code: str, title: str) -> type[Problem]:
    return type("RemoteProblem", (Problem,), {"kind": kind, "code": code, "title": title})


def _parsed(name: str, sent: bytes) -> Message:
    message = details.new(name)
    message.ParseFromString(sent)
    return message


def _type_url(name: str) -> str:
    return f"{details.TYPES}{details.PACKAGE}.{name}"
