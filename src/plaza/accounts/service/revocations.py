"""What access tokens do not say: that their session has ended, that a role is another.

The truth is in the database. Each process holds as much of it as there are living tokens, looks
twice a second, and answers nobody from a look that began more than a second before: then all who
ask wait for one, and are refused where even that one takes so long.
"""

import asyncio
import time

import structlog

from plaza.accounts.model import AccountRole
from plaza.accounts.queries import queries
from plaza.platform.caller import Role
from plaza.platform.database import Database
from plaza.platform.ids import SessionId, UserId
from plaza.platform.problems import Unavailable

log = structlog.get_logger()

LOOK_SECONDS = 0.5
GOOD_FOR = 1.0
PATIENCE = 2
"""Looks that one waits for: one that is under way may be too old when it ends, the next not."""

OVERLAP = 15.0
"""Seconds a transaction may take between its `now()` and its commit."""


class Revocations:
    def __init__(self, database: Database, *, token_seconds: float) -> None:
        """`token_seconds` is how long an access token lives: what is older ended by itself."""
        self._database = database
        self._remembered = token_seconds + OVERLAP
        self._ended: dict[SessionId, float] = {}
        self._roles: dict[UserId, tuple[Role, float]] = {}
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._began = float("-inf")

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except Unavailable:
                log.warning("revocations wait for the database")
            except Exception:
                log.exception("revocations could not be read; whoever asks looks again")
            await asyncio.sleep(LOOK_SECONDS)

    async def admit(self, user_id: UserId, session: SessionId, role: Role) -> Role | None:
        """The role one has by now; None when the session has ended. Raises Unavailable."""
        for _ in range(PATIENCE):
            if self.known:
                break
            await self.look()
        if not self.known:
            raise Unavailable
        return self.role(user_id, session, role)

    @property
    def known(self) -> bool:
        """Whether `role` tells the truth of a moment ago."""
        return time.monotonic() - self._looked_at <= GOOD_FOR

    def role(self, user_id: UserId, session: SessionId, role: Role) -> Role | None:
        """`admit` for whoever sees that it is known."""
        if self._ended and session in self._ended:
            return None
        if self._roles and user_id in self._roles:
            return self._roles[user_id][0]
        return role

    def end(self, *sessions: SessionId) -> None:
        """In this process at once; in the others within a second."""
        now = time.monotonic()
        for session in sessions:
            self._ended.setdefault(session, now)

    async def look(self) -> None:
        """Read the truth; one look serves all who want one, unless it takes too long.

        Raises Unavailable.
        """
        if self._looking is None or self._outdated(self._began):
            self._began = time.monotonic()
            self._looking = asyncio.create_task(self._look(self._began))
            self._looking.add_done_callback(self._looked)
        await asyncio.shield(self._looking)

    def _outdated(self, began: float) -> bool:
        return time.monotonic() - began > GOOD_FOR

    def _looked(self, task: asyncio.Task[None]) -> None:
        if self._looking is task:
            self._looking = None
        if not task.cancelled():
            task.exception()  # those who waited have it; there may be none

    async def _look(self, began: float) -> None:
        seconds = min(self._remembered, began - self._looked_at + OVERLAP)
        async with self._database.reading("accounts.revocations") as connection:
            found = await queries(connection).revocations(seconds)
        if began < self._looked_at:
            return  # a younger look ended first, and saw all that this one did
        for each in found:
            if each.session_id is not None:
                self._ended.setdefault(each.session_id, began)
            elif each.role is not None:
                self._change(each.account_id, each.role, began)
        self._forget(began - self._remembered)
        self._looked_at = began

    def _change(self, account_id: UserId, role: AccountRole, now: float) -> None:
        self._roles.pop(account_id, None)
        self._roles[account_id] = (role.rank, now)

    def _forget(self, before: float) -> None:
        """The oldest stand first."""
        while self._ended and next(iter(self._ended.values())) < before:
            del self._ended[next(iter(self._ended))]
        while self._roles and next(iter(self._roles.values()))[1] < before:
            del self._roles[next(iter(self._roles))]
