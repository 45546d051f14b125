"""Read accounts, take a new password."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from plaza.accounts.events import Ending, PasswordChanged, SessionEnded
from plaza.accounts.model import Account, Identity, PasswordChange
from plaza.accounts.problems import WrongPassword
from plaza.accounts.queries import Stored, queries
from plaza.accounts.service.passwords import Passwords
from plaza.accounts.service.revocations import Revocations
from plaza.platform.caller import Caller, User
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import SessionId, UserId
from plaza.platform.loader import Loader
from plaza.platform.problems import LoginRequired


class Accounts:
    def __init__(self, database: Database, passwords: Passwords, revocations: Revocations) -> None:
        self._database = database
        self._passwords = passwords
        self._revocations = revocations
        self._reads: Loader[UserId, Stored] = Loader(self._find, ttl=0, size=0)

    async def own(self, caller: Caller) -> Account:
        return (await self._own(caller.user_id)).shown()

    async def change_password(self, caller: Caller, change: PasswordChange) -> None:
        if not isinstance(caller, User):
            raise LoginRequired
        known = await self._own(caller.id)
        self._passwords.judge("/new", change.new, known.username, known.email)
        if not await self._passwords.matches(change.current, known.password_hash):
            raise WrongPassword
        new_hash = await self._passwords.hash(change.new)

        async def decide(tx: Transaction) -> list[SessionId]:
            if not await queries(tx.connection).change_password(
                caller.id, known.password_hash, new_hash
            ):
                raise WrongPassword  # it was changed since it was read
            ended = await queries(tx.connection).end_other_sessions(
                caller.id, caller.session, Ending.PASSWORD
            )
            now = datetime.now(UTC)
            tx.announce(PasswordChanged(account_id=caller.id, occurred_at=now))
            tx.announce(
                *(
                    SessionEnded(
                        account_id=caller.id,
                        session_id=session,
                        reason=Ending.PASSWORD,
                        occurred_at=now,
                    )
                    for session in ended
                )
            )
            return ended

        self._revocations.end(*await self._database.decide("accounts.change_password", decide))

    async def get_many(self, caller: Caller, ids: Sequence[UserId]) -> list[Identity]:  # noqa: ARG002
        return [found.identity() for found in (await self._reads.get_many(ids)).values()]

    async def named(self, caller: Caller, usernames: Sequence[str]) -> list[Identity]:  # noqa: ARG002
        names = [each.lower() for each in usernames]
        async with self._database.reading("accounts.named") as connection:
            return [found.identity() for found in await queries(connection).find_named(names)]

    async def _own(self, account_id: UserId) -> Stored:
        """Raises LoginRequired when the account is gone."""
        found = await self._reads.get(account_id)
        if found is None:
            raise LoginRequired
        return found

    async def _find(self, ids: Sequence[UserId]) -> Mapping[UserId, Stored]:
        async with self._database.reading("accounts.own") as connection:
            return {found.id: found for found in await queries(connection).find_accounts(ids)}
