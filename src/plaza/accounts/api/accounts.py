"""One's own account."""

from typing import Protocol

from plaza.accounts.model import Account, PasswordChange
from plaza.accounts.problems import WrongPassword
from plaza.platform.caller import Caller
from plaza.platform.operations import May, operation


class AccountsApi(Protocol):
    @operation(may=May.USER)
    async def own(self, caller: Caller) -> Account:
        """Read your own account."""

    @operation(may=May.USER, limit="credentials", cost=10, problems=(WrongPassword,))
    async def change_password(self, caller: Caller, change: PasswordChange) -> None:
        """Take a new password; your other sessions end."""
