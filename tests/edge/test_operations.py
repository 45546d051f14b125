"""What an Idempotency-Key is bound to: the whole request, in a form that tells nothing of it."""

from datetime import UTC, datetime
from typing import Annotated, Protocol
from uuid import uuid4

import msgspec
import pytest
from msgspec import Meta

from plaza.edge.operations import Bound, Memory
from plaza.platform.caller import Anonymous, Caller, Origin, Role, User
from plaza.platform.ids import SessionId, UserId
from plaza.platform.operations import May, operation
from plaza.platform.problems import Unreadable
from plaza.platform.text import SECRET, Input

Name = Annotated[str, Meta(max_length=50)]
Code = Annotated[str, Meta(max_length=50), SECRET]


class Safe(Input, frozen=True, kw_only=True):
    name: Name
    code: Code


class Safes(Protocol):
    @operation(may=May.ANYONE, idempotent=True)
    async def close(self, caller: Caller, safe: Safe, note: Name = "") -> None:
        """Close it."""

    @operation(may=May.ANYONE)
    async def look(self, caller: Caller, safe: Safe) -> None:
        """Look at it."""


class Kept:
    async def close(self, caller, safe, note=""):
        pass

    async def look(self, caller, safe):
        pass


async def nothing(_):
    return None


CLOSE, ELSEWHERE = (
    Bound(Safes.close, Kept(), Memory(nothing, secret * 32)) for secret in (b"k", b"l")
)


def asking(key, caller=Anonymous()):  # noqa: B008  # it never changes
    return msgspec.structs.replace(caller, origin=Origin(key=key))


def claim(name="ada", code="1234", note="", caller=Anonymous(), bound=CLOSE):  # noqa: B008
    asked = asking("key", caller)
    return bound.claimed(asked, {"safe": Safe(name=name, code=code), "note": note}).origin.claim


def ada():
    return User(
        id=UserId(uuid4()),
        role=Role.USER,
        session=SessionId(uuid4()),
        proved_at=datetime.now(UTC),
    )


def test_it_is_the_request_that_is_claimed():
    assert claim() == claim()
    for other in (claim(name="bob"), claim(note="x"), claim(code="9999")):
        assert other.request_hash != claim().request_hash


def test_what_is_kept_helps_nobody_to_guess_who_has_not_the_installations_key():
    assert claim().request_hash != claim(bound=ELSEWHERE).request_hash


def test_without_an_account_only_the_same_request_shares_a_key():
    assert claim().scope == claim().scope != claim(name="bob").scope


def test_with_an_account_the_key_is_ones_own():
    someone = ada()
    assert claim(caller=someone).scope == claim(name="bob", caller=someone).scope
    assert claim(caller=someone).scope != claim(caller=ada()).scope


def test_there_is_no_claim_without_a_key_or_where_nothing_is_made():
    assert CLOSE.claimed(asking(None), {}).origin.claim is None
    look = Bound(Safes.look, Kept())
    assert look.claimed(asking("key"), {}).origin.claim is None


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "é", "a\tb"])
def test_a_key_no_store_should_hold_is_refused(key):
    with pytest.raises(Unreadable):
        CLOSE.claimed(asking(key), {"safe": Safe(name="ada", code="1")})
