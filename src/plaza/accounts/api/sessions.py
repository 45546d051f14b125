"""Proving who one is, and for how long that holds."""

from typing import Protocol

from plaza.accounts.model import Credentials, KeySet, Renewal, Tokens
from plaza.accounts.problems import (
    AccountBanned,
    AccountDeleted,
    AccountPending,
    LoginFailed,
    RefreshRefused,
)
from plaza.platform.caller import Caller
from plaza.platform.operations import May, operation


class SessionsApi(Protocol):
    @operation(
        may=May.ANYONE,
        limit="credentials",
        cost=10,
        secret=True,
        problems=(LoginFailed, AccountPending, AccountBanned, AccountDeleted),
    )
    async def login(self, caller: Caller, credentials: Credentials) -> Tokens:
        """Begin a session."""

    @operation(
        may=May.ANYONE,
        limit="credentials",
        cost=2,
        secret=True,
        problems=(RefreshRefused, AccountBanned, AccountDeleted),
    )
    async def refresh(self, caller: Caller, renewal: Renewal) -> Tokens:
        """Go on with a session; the refresh token is replaced by the one in the answer."""

    @operation(may=May.USER, limit="write")
    async def logout(self, caller: Caller) -> None:
        """End this session: its tokens stop working within a second, everywhere."""

    @operation(may=May.ANYONE)
    async def public_keys(self, caller: Caller) -> KeySet:
        """Read the keys that access tokens are verified with (RFC 7517)."""
