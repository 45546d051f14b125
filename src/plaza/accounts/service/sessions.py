"""Proving who one is: login, refresh, logout."""

import secrets
from base64 import urlsafe_b64encode
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from plaza.accounts.events import Ending, SessionEnded
from plaza.accounts.model import (
    AccountState,
    Credentials,
    KeySet,
    Renewal,
    Tokens,
    mailbox,
)
from plaza.accounts.problems import (
    AccountBanned,
    AccountDeleted,
    AccountPending,
    LoginFailed,
    RefreshRefused,
)
from plaza.accounts.queries import Stored, StoredRefresh, queries
from plaza.accounts.service.access_tokens import AccessTokens, Proof
from plaza.accounts.service.keys import Keys, fingerprint
from plaza.accounts.service.passwords import Passwords
from plaza.accounts.service.revocations import Revocations
from plaza.platform.caller import Caller, Origin, User
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import SessionId, UserId, uuid7
from plaza.platform.problems import FieldError, Invalid, LoginRequired, Problem, Unavailable

LOOKS = 2
OPENED = "opened"
REFRESH_FOR = timedelta(days=30)
SAME_SUCCESSOR = timedelta(seconds=10)
"""How long a replaced refresh token still gives its successor: two tabs renew at once."""

STEPS = 5
"""How many successors of successors may have been made in that time."""

REFUSED_STATES: dict[AccountState, type[Problem]] = {
    AccountState.PENDING: AccountPending,
    AccountState.BANNED: AccountBanned,
    AccountState.DELETED: AccountDeleted,
}


class _Renewed(Struct, frozen=True):
    owner: StoredRefresh
    token: str


class _Refused(Struct, frozen=True):
    """A refusal that leaves something behind: it is raised after the commit."""

    problem: Problem
    ended: SessionId | None = None


class Sessions:
    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        keys: Keys,
        access: AccessTokens,
        revocations: Revocations,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._keys = keys
        self._access = access
        self._revocations = revocations
        self.logins: Counter[str] = Counter()
        """How each ended: `opened`, or the code of the refusal."""

    async def login(self, caller: Caller, credentials: Credentials) -> Tokens:
        """One look and one hash on every way to a refusal, so that none is told from another.

        Only who was right is looked at again, if the account changed between look and session.
        """
        for _ in range(LOOKS):
            try:
                found = await self._proved(_name(credentials), credentials.password)
            except Problem as refusal:
                self.logins[refusal.code] += 1
                raise
            tokens = await self._open(found, caller.origin)
            if tokens is not None:
                self.logins[OPENED] += 1
                await self._renew_hash(found, credentials.password)
                return tokens
        self.logins[LoginFailed.code] += 1
        raise LoginFailed

    async def refresh(self, caller: Caller, renewal: Renewal) -> Tokens:
        token, now = renewal.refresh_token, datetime.now(UTC)

        async def decide(tx: Transaction) -> _Renewed | _Refused:
            return await self._renew(tx, token, caller.origin, now)

        outcome = await self._settled(token, now)
        if outcome is None:
            outcome = await self._database.decide("accounts.refresh", decide)
        if isinstance(outcome, _Refused):
            if outcome.ended is not None:
                self._revocations.end(outcome.ended)
            raise outcome.problem
        owner = outcome.owner
        return self._tokens(owner, owner.session_id, owner.proved_at, outcome.token)

    async def logout(self, caller: Caller) -> None:
        if not isinstance(caller, User):
            raise LoginRequired

        async def decide(tx: Transaction) -> None:
            if await queries(tx.connection).end_session(caller.session, Ending.LOGOUT):
                tx.announce(_ended(caller.id, caller.session, Ending.LOGOUT))

        await self._database.decide("accounts.logout", decide)
        self._revocations.end(caller.session)

    async def public_keys(self, caller: Caller) -> KeySet:  # noqa: ARG002
        return self._access.public()

    async def _proved(self, name: str, password: str) -> Stored:
        """Raises LoginFailed, and what speaks against an account to whoever knows its password."""
        async with self._database.reading("accounts.login") as connection:
            found = await queries(connection).find_login(name.lower(), mailbox(name))
        kept = None if found is None else found.password_hash
        right = await self._passwords.matches(password, kept)
        if found is None or not right:
            raise LoginFailed
        if found.state is not AccountState.ACTIVE:
            raise REFUSED_STATES[found.state]
        return found

    async def _renew_hash(self, owner: Stored, password: str) -> None:
        """A guess is to cost what is set now; what cannot be done now is done at another login."""
        with suppress(Unavailable):
            new_hash = await self._passwords.renewed(password, owner.password_hash)
            if new_hash is not None:
                async with self._database.reading("accounts.renew_hash") as connection:
                    await queries(connection).renew_hash(owner.id, owner.password_hash, new_hash)

    async def _open(self, owner: Stored, origin: Origin) -> Tokens | None:
        """None when the account is not any more what was read."""
        session, token, now = SessionId(uuid7()), secrets.token_urlsafe(32), datetime.now(UTC)

        async def decide(tx: Transaction) -> bool | None:
            return await queries(tx.connection).open_session(
                owner.id,
                owner.password_hash,
                session,
                origin.device,
                origin.address,
                fingerprint(token),
                now,
                now + REFRESH_FOR,
            )

        if not await self._database.decide("accounts.login", decide):
            return None
        return self._tokens(owner, session, now, token)

    async def _settled(self, token: str, now: datetime) -> _Renewed | _Refused | None:
        """What needs no lock and no write, so that many at once do not wait for each other."""
        async with self._database.reading("accounts.refresh") as connection:
            owner = await queries(connection).find_refresh(fingerprint(token))
        if owner is None:
            return _Refused(RefreshRefused())
        return self._standing(token, owner, now)

    def _standing(
        self, token: str, owner: StoredRefresh, now: datetime
    ) -> _Renewed | _Refused | None:
        """The outcome, unless there is something to write: a successor, or an end."""
        if owner.revoked_at is not None or owner.expires_at <= now:
            return _Refused(RefreshRefused())
        if owner.state is not AccountState.ACTIVE:
            return _Refused(REFUSED_STATES[owner.state]())
        if owner.replaced_at is not None and now - owner.replaced_at <= SAME_SUCCESSOR:
            return self._again(token, owner)
        return None

    async def _renew(
        self, tx: Transaction, token: str, origin: Origin, now: datetime
    ) -> _Renewed | _Refused:
        token_hash = fingerprint(token)
        session = await queries(tx.connection).lock_family(token_hash)
        if session is None:
            return _Refused(RefreshRefused())
        owner = await queries(tx.connection).find_refresh(token_hash)
        if owner is None:
            return _Refused(RefreshRefused())
        settled = self._standing(token, owner, now)
        if settled is not None:
            return settled
        if owner.replaced_at is None:
            successor = self._successors(token)[0]
            await queries(tx.connection).replace_refresh(
                token_hash,
                fingerprint(successor),
                origin.device,
                origin.address,
                now,
                now + REFRESH_FOR,
            )
            return _Renewed(owner, successor)
        await queries(tx.connection).end_session(session, Ending.REUSE)
        tx.announce(_ended(owner.id, session, Ending.REUSE))
        return _Refused(RefreshRefused(), session)

    def _again(self, token: str, owner: StoredRefresh) -> _Renewed | _Refused:
        """The youngest token that came of this one: whoever is late must not be a step behind."""
        known = frozenset(owner.later)
        youngest = None
        for _ in range(STEPS):
            made = [each for each in self._successors(token) if fingerprint(each) in known]
            if not made:
                break
            token = youngest = made[0]
        return _Refused(RefreshRefused()) if youngest is None else _Renewed(owner, youngest)

    def _successors(self, token: str) -> list[str]:
        """What follows a token, by each key.

        It is derived, so that it can be given again though only its hash is kept.
        """
        made = self._keys.derive("refresh", token.encode())
        return [urlsafe_b64encode(each).rstrip(b"=").decode() for each in made]

    def _tokens(
        self, owner: Stored, session: SessionId, proved_at: datetime, refresh_token: str
    ) -> Tokens:
        now = datetime.now(UTC).timestamp()
        proof = Proof(
            user_id=owner.id,
            session=session,
            role=owner.role.rank,
            proved_at=proved_at,
            expires_at=now + self._access.seconds,
        )
        return Tokens(
            access_token=self._access.issue(proof, now),
            token_type="Bearer",  # noqa: S106  # the name of a scheme
            expires_in=self._access.seconds,
            refresh_token=refresh_token,
            user=owner.shown(),
        )


def _name(credentials: Credentials) -> str:
    """Raises Invalid unless exactly one of its three words is given."""
    given = [credentials.login, credentials.email, credentials.username]
    names = [name for name in given if name is not None]
    if len(names) != 1:
        raise Invalid(
            errors=(FieldError("/login", "Give one of `login`, `email` and `username`."),)
        )
    return names[0]


def _ended(account_id: UserId, session: SessionId, reason: Ending) -> SessionEnded:
    return SessionEnded(
        account_id=account_id, session_id=session, reason=reason, occurred_at=datetime.now(UTC)
    )
