"""A refusal goes over the wire and comes back as what it was."""

import pytest
from grpc import StatusCode

from plaza.edge.grpc import status_details
from plaza.edge.grpc.problems import CODES, from_code, from_details, known, to_details
from plaza.platform import problems
from plaza.platform.problems import FieldError, Invalid, KeyInFlight, Kind, Problem, Stale
from plaza.posts.problems import PostNotFound

COMMON = [
    each
    for each in vars(problems).values()
    if isinstance(each, type) and issubclass(each, Problem) and each is not Problem
]


def test_every_kind_has_a_code_and_none_is_ok():
    assert CODES.keys() == set(Kind)
    assert StatusCode.OK not in CODES.values()
    assert StatusCode.UNKNOWN not in CODES.values()


@pytest.mark.parametrize("problem", COMMON, ids=lambda each: each.__name__)
def test_it_comes_back_as_the_class_it_was(problem):
    there = problem("in so many words", errors=(FieldError("/a/0", "No."),), most=3, of=["a", None])
    back = from_details(to_details(there), known([]))
    assert type(back) is problem
    assert (back.detail, back.errors, back.facts, str(back)) == (
        "in so many words",
        there.errors,
        {"most": 3, "of": ["a", None]},
        "in so many words",
    )
    assert back.retry_after == there.retry_after


def test_a_class_is_known_where_it_is_declared():
    sent = to_details(PostNotFound())
    assert type(from_details(sent, known([PostNotFound]))) is PostNotFound
    stranger = from_details(sent, known([]))
    assert (type(stranger).__name__, stranger.code) == ("RemoteProblem", "posts.not_found")
    assert (stranger.kind, stranger.title) == (Kind.NOT_FOUND, PostNotFound.title)


def test_a_wait_of_its_own_is_kept():
    problem = Stale(version=3)
    problem.retry_after = 17
    assert from_details(to_details(problem), known([])).retry_after == 17
    assert from_details(to_details(KeyInFlight()), known([])).retry_after == 1


def test_so_many_errors_are_told_as_fit_into_a_trailer():
    errors = tuple(FieldError(f"/items/{n}", "This is wrong in many words.") for n in range(9_000))
    sent = to_details(Invalid(errors=errors))
    told = from_details(sent, known([])).errors
    assert len(sent) < 5_000
    assert len(told) > 50
    assert told == errors[: len(told)]


def garbage():
    status = status_details.new("Status")
    yield status.SerializeToString()
    info = status_details.new("ErrorInfo")
    info.reason = "x"
    info.metadata["kind"] = '"no such kind"'
    status.details.add(
        type_url="type.googleapis.com/google.rpc.ErrorInfo", value=info.SerializeToString()
    )
    yield status.SerializeToString()
    status.details[0].value = b"\xff"
    yield status.SerializeToString()


@pytest.mark.parametrize("sent", [b"", b"\xff\xff", *garbage()])
def test_what_no_plaza_said_is_not_a_problem_of_ours(sent):
    assert from_details(sent, known([])) is None


def test_what_grpc_says_itself_is_told_in_our_words():
    assert from_code(StatusCode.DEADLINE_EXCEEDED).code == "service.timeout"
    gone = (StatusCode.UNAVAILABLE, StatusCode.UNIMPLEMENTED, StatusCode.CANCELLED)
    for code in gone:
        assert from_code(code).code == "service.unavailable"
    assert from_code(StatusCode.INTERNAL) is None
