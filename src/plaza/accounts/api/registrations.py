"""Becoming somebody."""

from typing import Protocol

from plaza.accounts.model import (
    Account,
    Address,
    Availability,
    MailedToken,
    NewAccount,
    Username,
)
from plaza.accounts.problems import (
    EmailTaken,
    TokenExpired,
    TokenUnknown,
    TokenUsed,
    UsernameTaken,
)
from plaza.platform.caller import Caller
from plaza.platform.operations import May, operation


class RegistrationsApi(Protocol):
    @operation(
        may=May.ANYONE,
        limit="credentials",
        idempotent=True,
        cost=10,
        problems=(UsernameTaken, EmailTaken),
    )
    async def register(self, caller: Caller, account: NewAccount) -> Account:
        """Open an account; it is pending until the token that is mailed comes back."""

    @operation(
        may=May.ANYONE, limit="credentials", problems=(TokenUnknown, TokenUsed, TokenExpired)
    )
    async def activate(self, caller: Caller, token: MailedToken) -> None:
        """Make a pending account active."""

    @operation(may=May.ANYONE, limit="credentials", cost=5)
    async def resend_activation(self, caller: Caller, address: Address) -> None:
        """Mail another token, if there is a pending account; the answer does not tell."""

    @operation(may=May.ANYONE)
    async def availability(self, caller: Caller, username: Username) -> Availability:
        """Tell whether a username is free, also of names that look like it."""

    async def create_admin(self, caller: Caller, account: NewAccount) -> Account:
        """Open an active account that may do everything. Raises UsernameTaken, EmailTaken."""
