"""A caller that another process vouches for: as he was, for a minute, for one service."""

from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaza.edge.grpc.caller_token import CallerTokens
from plaza.platform.caller import Anonymous, Claim, Origin, System
from plaza.platform.ids import UserId
from plaza.platform.problems import LoginRequired
from tests.edge.notes import ADA, EVE

OLD, NEW = b"o" * 32, b"n" * 32
HERE = Origin(address="192.0.2.1", device="Lynx")
CALLERS = [
    Anonymous(origin=HERE),
    msgspec.structs.replace(ADA, origin=HERE),
    EVE,
    System(name="feed.reactions"),
    System(name="feed.reactions", acting_for=UserId(uuid4())),
]


def at(seconds, *keys):
    return CallerTokens(keys or (NEW,), clock=lambda: 1_000_000.0 + seconds)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: type(caller).__name__)
def test_whoever_asks_arrives_as_he_was(caller):
    assert at(0).verify(at(0).sign(caller, "posts"), "posts") == caller


def test_what_belongs_to_one_process_or_stands_beside_the_token_stays_behind():
    claim = Claim(scope=b"s", operation="o", key="k", request_hash=b"h")
    origin = Origin(request_id="r", trace_id="t", address="a", deadline=1.0, key="k", claim=claim)
    arrived = at(0).verify(at(0).sign(Anonymous(origin=origin), "posts"), "posts")
    assert arrived.origin == Origin(address="a")


@pytest.mark.parametrize("seconds", [-30, 0, 60])
def test_a_token_is_good_for_a_minute_and_for_clocks_that_differ(seconds):
    at(seconds).verify(at(0).sign(ADA, "posts"), "posts")


@pytest.mark.parametrize("seconds", [-31, 61, 86_400, -86_400])
def test_a_token_of_another_time_is_refused(seconds):
    with pytest.raises(LoginRequired):
        at(seconds).verify(at(0).sign(ADA, "posts"), "posts")


def test_a_token_for_another_service_is_refused():
    with pytest.raises(LoginRequired):
        at(0).verify(at(0).sign(ADA, "posts"), "accounts")


def test_keys_change_while_processes_run():
    at(0, NEW, OLD).verify(at(0, OLD).sign(ADA, "posts"), "posts")
    at(0, OLD, NEW).verify(at(0, NEW, OLD).sign(ADA, "posts"), "posts")
    with pytest.raises(LoginRequired):
        at(0, NEW).verify(at(0, OLD).sign(ADA, "posts"), "posts")


@pytest.mark.parametrize("keys", [[], [b"short"], [NEW, b"short"]])
def test_a_key_that_could_be_guessed_is_none(keys):
    with pytest.raises(ValueError, match="32"):
        CallerTokens(keys)


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "\u00e9.\u00e9", "!!.!!", "a" * 10_000])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(LoginRequired):
        at(0).verify(token, "posts")


@given(st.data())
def test_a_token_with_any_other_letter_is_refused(data):
    token = at(0).sign(ADA, "posts")
    last = {token.index(".") - 1, len(token) - 1}  # holds bits that no byte has
    place = data.draw(st.integers(0, len(token) - 1).filter(lambda index: index not in last))
    letter = data.draw(st.sampled_from("AQgw_-059.").filter(lambda other: other != token[place]))
    with pytest.raises(LoginRequired):
        at(0).verify(token[:place] + letter + token[place + 1 :], "posts")


def test_a_token_signed_by_us_that_says_nothing_we_know_is_refused():
    tokens = at(0)
    payload = msgspec.msgpack.encode({"caller": {"type": "god"}, "audience": "posts"})
    tokens._encode = lambda _: payload  # noqa: SLF001  # there is no other way to sign nonsense
    with pytest.raises(LoginRequired):
        tokens.verify(tokens.sign(ADA, "posts"), "posts")
