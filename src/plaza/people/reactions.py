"""What this context does when others announce: in one transaction, however often it is told."""

from collections.abc import Sequence
from datetime import datetime

from plaza.accounts.events import AccountActivated, AccountRegistered, RegistrationUndone
from plaza.people.model import Standing
from plaza.people.queries import queries
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import UserId
from plaza.platform.reactions import Reaction

Registration = AccountRegistered | AccountActivated | RegistrationUndone
FURTHER = {
    AccountRegistered: Standing.PENDING,
    AccountActivated: Standing.ACTIVE,
    RegistrationUndone: Standing.GONE,
}
"""What each says, the furthest last."""


class PeopleReactions:
    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def profiles(self) -> Reaction:
        return Reaction(name="people.profiles", events=tuple(FURTHER), react=self.on_registered)

    async def on_registered(self, events: Sequence[Registration]) -> None:
        """Make a profile for who registered, and show it once the account is active."""
        order = list(FURTHER)
        furthest: dict[UserId, Registration] = {}
        since: dict[UserId, datetime] = {}
        for each in sorted(events, key=lambda event: order.index(type(event))):
            furthest[each.account_id] = each
            since[each.account_id] = min(
                each.occurred_at, since.get(each.account_id, each.occurred_at)
            )
        heard = [furthest[account_id] for account_id in sorted(furthest)]

        async def decide(tx: Transaction) -> None:
            await queries(tx.connection).learn(
                [each.account_id for each in heard],
                [each.username for each in heard],
                [FURTHER[type(each)].value for each in heard],
                [since[each.account_id] for each in heard],
            )

        await self._database.decide("people.on_registered", decide)
