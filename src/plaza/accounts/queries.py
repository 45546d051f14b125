"""The typed face of queries.sql; binding fails at start-up if the two disagree."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from plaza.accounts.events import Ending
from plaza.accounts.model import Account, AccountRole, AccountState, Identity
from plaza.platform.ids import SessionId, UserId
from plaza.platform.sql import bind


class Stored(Account, frozen=True, kw_only=True):
    """An account as the database knows it."""

    password_hash: str

    def shown(self) -> Account:
        return Account(**{name: getattr(self, name) for name in Account.__struct_fields__})

    def identity(self) -> Identity:
        return Identity(**{name: getattr(self, name) for name in Identity.__struct_fields__})


class StoredRefresh(Stored, frozen=True, kw_only=True):
    """A refresh token, its session and whose it is."""

    session_id: SessionId
    proved_at: datetime
    revoked_at: datetime | None
    expires_at: datetime
    replaced_at: datetime | None
    later: list[bytes]


class Taken(Struct):
    username: bool
    email: bool


class StoredActivation(Struct):
    expires_at: datetime
    used_at: datetime | None


class Invitation(Struct):
    token_hash: bytes
    expires_at: datetime
    username: str
    email: str


class Removed(Struct):
    id: UserId
    username: str


class Replaced(Struct):
    id: UserId
    username: str
    email: str


class Revocation(Struct):
    """Either the session has ended or the account's role is another."""

    account_id: UserId
    session_id: SessionId | None
    role: AccountRole | None


class AccountQueries(Protocol):
    async def insert_account(
        self,
        id: UserId,  # noqa: A002  # the column's name
        username: str,
        skeleton: str,
        email: str,
        mailbox: str,
        password_hash: str,
        role: AccountRole,
        state: AccountState,
        created_at: datetime,
    ) -> bool | None: ...

    async def taken(self, skeleton: str, mailbox: str) -> Taken: ...

    async def held(self, skeletons: Sequence[str], mailboxes: Sequence[str]) -> list[str]: ...

    async def wait_in_line(self, keys: Sequence[str]) -> None: ...

    async def step_aside(self, skeleton: str, mailbox: str) -> list[Replaced]: ...

    async def bequeath(self, ids: Sequence[UserId], heir: UserId, now: datetime) -> None: ...

    async def remove_replaced(self, ids: Sequence[UserId]) -> None: ...

    async def find_accounts(self, ids: Sequence[UserId]) -> list[Stored]: ...

    async def find_named(self, usernames: Sequence[str]) -> list[Stored]: ...

    async def find_login(self, username: str, mailbox: str) -> Stored | None: ...

    async def find_pending(self, mailbox: str) -> UserId | None: ...

    async def insert_activation(
        self,
        id: UUID,  # noqa: A002  # the column's name
        account_id: UserId,
        token_hash: bytes,
        created_at: datetime,
        expires_at: datetime,
    ) -> bool | None: ...

    async def lock_invited(self, token_hash: bytes) -> UserId | None: ...

    async def find_activation(self, token_hash: bytes) -> StoredActivation: ...

    async def activate(self, id: UserId) -> str | None: ...  # noqa: A002

    async def use_activations(self, account_id: UserId, used_at: datetime) -> None: ...

    async def find_invitation(self, activation_id: UUID) -> Invitation | None: ...

    async def mark_mailed(self, activation_id: UUID, mailed_at: datetime) -> None: ...

    async def remove_unreached(self, activation_id: UUID) -> Removed | None: ...

    async def remove_forgotten(
        self, now: datetime, before: datetime, count: int
    ) -> list[Removed]: ...

    async def forget_activations(self, before: datetime, count: int) -> int: ...

    async def forget_refreshes(self, before: datetime, count: int) -> int: ...

    async def open_session(
        self,
        account_id: UserId,
        password_hash: str,
        session_id: SessionId,
        device: str | None,
        address: str | None,
        token_hash: bytes,
        now: datetime,
        expires_at: datetime,
    ) -> bool | None: ...

    async def lock_family(self, token_hash: bytes) -> SessionId | None: ...

    async def find_refresh(self, token_hash: bytes) -> StoredRefresh | None: ...

    async def replace_refresh(
        self,
        token_hash: bytes,
        successor_hash: bytes,
        device: str | None,
        address: str | None,
        now: datetime,
        expires_at: datetime,
    ) -> None: ...

    async def end_session(self, session_id: SessionId, reason: Ending) -> bool | None: ...

    async def end_other_sessions(
        self, account_id: UserId, kept: SessionId, reason: Ending
    ) -> list[SessionId]: ...

    async def change_password(
        self, account_id: UserId, old_hash: str, new_hash: str
    ) -> bool | None: ...

    async def renew_hash(self, account_id: UserId, old_hash: str, new_hash: str) -> None: ...

    async def revocations(self, seconds: float) -> list[Revocation]: ...


queries = bind(AccountQueries, Path(__file__).with_name("queries.sql"))
