"""One's own account, and who is behind an id or a name."""

from collections.abc import Sequence
from typing import Protocol

from plaza.accounts.model import Account, Identity, PasswordChange
from plaza.accounts.problems import WrongPassword
from plaza.platform.caller import Caller
from plaza.platform.ids import UserId
from plaza.platform.operations import May, operation


class AccountsApi(Protocol):
    @operation(may=May.USER)
    async def own(self, caller: Caller) -> Account:
        """Read your own account."""

    @operation(may=May.USER, limit="credentials", cost=10, problems=(WrongPassword,))
    async def change_password(self, caller: Caller, change: PasswordChange) -> None:
        """Take a new password; your other sessions end."""

    async def get_many(self, caller: Caller, ids: Sequence[UserId]) -> list[Identity]:
        """Those that exist, in any order and state."""

    async def named(self, caller: Caller, usernames: Sequence[str]) -> list[Identity]:
        """Those that exist, in any order and state; case makes no difference."""
