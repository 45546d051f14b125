"""Becoming somebody: register, activate."""

from datetime import UTC, datetime

from msgspec.structs import asdict

from plaza.accounts.events import AccountActivated, AccountRegistered, RegistrationUndone
from plaza.accounts.model import (
    Account,
    AccountRole,
    AccountState,
    Address,
    Availability,
    MailedToken,
    NewAccount,
    Username,
    mailbox,
    skeleton,
)
from plaza.accounts.problems import (
    EmailTaken,
    TokenExpired,
    TokenUnknown,
    TokenUsed,
    UsernameTaken,
)
from plaza.accounts.queries import Replaced, queries
from plaza.accounts.service.invitations import Invitations
from plaza.accounts.service.keys import fingerprint
from plaza.accounts.service.passwords import Passwords
from plaza.platform.audit import act_of
from plaza.platform.caller import Caller
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import UserId, uuid7
from plaza.platform.problems import FieldError, Problem, Unavailable

NAME_TAKEN = FieldError("/username", "This name, or one that looks like it, is taken.")
ADDRESS_TAKEN = FieldError("/email", "This address has an account.")
ATTEMPTS = 3


class Registrations:
    def __init__(self, database: Database, passwords: Passwords, invitations: Invitations) -> None:
        self._database = database
        self._passwords = passwords
        self._invitations = invitations

    async def register(self, caller: Caller, account: NewAccount) -> Account:
        made = _account(account, AccountRole.USER, AccountState.PENDING)
        password_hash = await self._hashed(account)
        activation_id = uuid7()

        async def decide(tx: Transaction) -> Account:
            await _insert(tx, made, password_hash)
            await self._invitations.invite(tx, made.id, activation_id, made.created_at)
            return made

        claim = caller.origin.claim
        registered = await self._database.decide(
            "accounts.register", decide, claim=claim, answer=Account
        )
        if claim is None or not claim.replayed:
            await self._invitations.deliver(activation_id, claim)
        return registered

    async def create_admin(self, caller: Caller, account: NewAccount) -> Account:
        made = _account(account, AccountRole.ADMIN, AccountState.ACTIVE)
        password_hash = await self._hashed(account)

        async def decide(tx: Transaction) -> Account:
            await _insert(tx, made, password_hash)
            tx.announce(
                AccountActivated(
                    account_id=made.id, username=made.username, occurred_at=made.created_at
                )
            )
            tx.audit(act_of(caller, "accounts.create_admin", made.created_at, made.id))
            return made

        return await self._database.decide("accounts.create_admin", decide)

    async def activate(self, caller: Caller, token: MailedToken) -> None:  # noqa: ARG002
        token_hash, now = fingerprint(token), datetime.now(UTC)

        async def decide(tx: Transaction) -> None:
            account_id = await queries(tx.connection).lock_invited(token_hash)
            if account_id is None:
                raise TokenUnknown
            known = await queries(tx.connection).find_activation(token_hash)
            if known.used_at is not None:
                raise TokenUsed
            if known.expires_at <= now:
                raise TokenExpired
            username = await queries(tx.connection).activate(account_id)
            if username is None:
                raise TokenUsed
            await queries(tx.connection).use_activations(account_id, now)
            tx.announce(AccountActivated(account_id=account_id, username=username, occurred_at=now))

        await self._database.decide("accounts.activate", decide)

    async def resend_activation(self, caller: Caller, address: Address) -> None:  # noqa: ARG002
        await self._invitations.ask_again(address.email)

    async def availability(self, caller: Caller, username: Username) -> Availability:  # noqa: ARG002
        name = username.lower()
        async with self._database.reading("accounts.availability") as connection:
            taken = await queries(connection).taken(skeleton(name), "")
        return Availability(username=name, available=not taken.username)

    async def _hashed(self, account: NewAccount) -> str:
        """Raises Invalid for a password that is too easy to guess."""
        self._passwords.judge("/password", account.password, account.username, account.email)
        return await self._passwords.hash(account.password)


def _account(new: NewAccount, role: AccountRole, state: AccountState) -> Account:
    return Account(
        id=UserId(uuid7()),
        username=new.username.lower(),
        email=new.email,
        role=role,
        state=state,
        version=1,
        created_at=datetime.now(UTC),
    )


async def _insert(tx: Transaction, account: Account, password_hash: str) -> None:
    """In the place of pending accounts that step aside; the last who registers an address has it.

    Otherwise whoever was first would choose the password of an account that the owner of the
    address activates. Raises UsernameTaken or EmailTaken, with a field error for each.
    """
    look, box = skeleton(account.username), mailbox(account.email)
    columns = asdict(account)
    del columns["version"]
    replaced: list[Replaced] = []
    for _ in range(ATTEMPTS):
        if await queries(tx.connection).insert_account(
            **columns, skeleton=look, mailbox=box, password_hash=password_hash
        ):
            await _bury(tx, replaced, account)
            tx.announce(
                AccountRegistered(
                    account_id=account.id,
                    username=account.username,
                    occurred_at=account.created_at,
                )
            )
            return
        taken = await queries(tx.connection).taken(look, box)
        if taken.username or taken.email:
            raise _refusal(name=taken.username, address=taken.email)
        # Who has it is pending, or was removed between the two looks.
        await queries(tx.connection).wait_in_line([look, box])
        replaced += await queries(tx.connection).step_aside(look, box)
    raise Unavailable


async def _bury(tx: Transaction, replaced: list[Replaced], heir: Account) -> None:
    """Remove them; what was mailed to the heir's address stays on its account."""
    if not replaced:
        return
    same = [each.id for each in replaced if mailbox(each.email) == mailbox(heir.email)]
    await queries(tx.connection).bequeath(same, heir.id, heir.created_at)
    await queries(tx.connection).remove_replaced([each.id for each in replaced])
    tx.announce(
        *(
            RegistrationUndone(
                account_id=each.id, username=each.username, occurred_at=heir.created_at
            )
            for each in replaced
        )
    )


def _refusal(*, name: bool, address: bool) -> Problem:
    errors = (NAME_TAKEN,) * name + (ADDRESS_TAKEN,) * address
    return UsernameTaken(errors=errors) if name else EmailTaken(errors=errors)
