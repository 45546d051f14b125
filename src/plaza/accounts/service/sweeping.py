"""What is left of registrations that came to nothing, and of sessions and tokens that are over."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from plaza.accounts.events import RegistrationUndone
from plaza.accounts.queries import queries
from plaza.accounts.service.invitations import GOOD_FOR
from plaza.platform.database import Database, Transaction
from plaza.platform.sweeping import Broom

TOLD_FOR = timedelta(days=30)
"""How long an old token is told from an unknown one."""


class Sweeping:
    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def brooms(self) -> Mapping[str, Broom]:
        return {
            "accounts.unreached": self.unreached,
            "accounts.activations": self.activations,
            "accounts.refreshes": self.refreshes,
        }

    async def unreached(self, now: datetime, count: int) -> int:
        """Pending accounts whose letter never left and cannot any more; their names are free.

        The letter's job does this when it is given up: this is for jobs that are not there.
        """

        async def decide(tx: Transaction) -> int:
            removed = await queries(tx.connection).remove_forgotten(now, now - GOOD_FOR, count)
            tx.announce(
                *(
                    RegistrationUndone(account_id=each.id, username=each.username, occurred_at=now)
                    for each in removed
                )
            )
            return len(removed)

        return await self._database.decide("accounts.sweep_unreached", decide)

    async def activations(self, now: datetime, count: int) -> int:
        """Tokens of accounts that need none; a pending one keeps its own."""
        async with self._database.reading("accounts.sweep_activations") as connection:
            return await queries(connection).forget_activations(now - TOLD_FOR, count)

    async def refreshes(self, now: datetime, count: int) -> int:
        """Refresh tokens that have expired; using one is refused like using none."""
        async with self._database.reading("accounts.sweep_refreshes") as connection:
            return await queries(connection).forget_refreshes(now, count)
