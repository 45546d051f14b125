"""The mail that makes an account its owner's: sent from a job, undone when nobody can be reached.

A token is derived from its activation's id, so that neither the job nor the table holds it.
"""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from plaza.accounts.events import RegistrationUndone
from plaza.accounts.model import mailbox
from plaza.accounts.queries import Invitation, queries
from plaza.accounts.service.keys import Keys, fingerprint
from plaza.platform.caller import Claim
from plaza.platform.database import Database, Transaction
from plaza.platform.ids import UserId
from plaza.platform.jobs import MAIL, Hopeless, Job, NewJob, Work, enqueue, withdraw
from plaza.platform.logs import brief
from plaza.platform.mail import Mail, Mailer
from plaza.platform.problems import Unavailable
from plaza.platform.templates import Templates

log = structlog.get_logger()

INVITE = "accounts.invite"
RESEND = "accounts.resend"
GOOD_FOR = timedelta(hours=24)
WAITED_FOR = timedelta(seconds=30)
"""How long a registration waits for its letter, where it does."""
LETTERS = Templates(Path(__file__).with_name("letters"))
"""The text of each ends with its token alone."""


class Invitations:
    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        keys: Keys,
        public_url: str,
        *,
        inline: bool = False,
    ) -> None:
        """`public_url` is where a client reaches this server, without a slash at its end.

        `inline` makes registrations wait for their letters; otherwise only the jobs send them.
        """
        self._database = database
        self._mailer = mailer
        self._keys = keys
        self._url = public_url
        self._inline = inline

    @property
    def works(self) -> Mapping[str, Work]:
        """For the lane `mail`."""
        return {
            INVITE: Work(run=self._send_job, give_up=self._undo_job),
            RESEND: Work(run=self._resend),
        }

    async def invite(
        self, tx: Transaction, account_id: UserId, activation_id: UUID, now: datetime
    ) -> None:
        """A token for this account, and the job that mails it, in this transaction."""
        token = next(self._tokens(activation_id))
        made = await queries(tx.connection).insert_activation(
            activation_id, account_id, fingerprint(token), now, now + GOOD_FOR
        )
        if made:
            job = NewJob(
                kind=INVITE,
                lane=MAIL,
                payload={"activation_id": activation_id},
                unique_key=str(activation_id),
                due_at=now + 2 * WAITED_FOR if self._inline else None,
            )
            await enqueue(tx, job)

    async def deliver(self, activation_id: UUID, claim: Claim | None) -> None:
        """Send the letter now, where registrations wait for it; its job is for crashes only.

        Raises Unavailable for a letter that could not be sent, after undoing the registration and
        what was kept for its claim.
        """
        if not self._inline:
            return
        try:
            async with asyncio.timeout(WAITED_FOR.total_seconds()):
                await self._send(activation_id)
        except Exception as error:
            log.warning("a letter failed", error=brief(error))
            await self._undo(activation_id, claim)
            raise Unavailable("The letter could not be sent; nobody was registered.") from error
        async with self._database.transaction("accounts.delivered") as tx:
            await withdraw(tx.connection, INVITE, str(activation_id))

    async def ask_again(self, email: str) -> None:
        """As much work for an address without an account as for one with: a job looks later."""
        key = mailbox(email)
        job = NewJob(kind=RESEND, lane=MAIL, payload={"mailbox": key}, unique_key=key)
        async with self._database.transaction("accounts.resend_activation") as tx:
            await enqueue(tx, job)

    async def _resend(self, job: Job) -> None:
        """The activation has the job's id: done twice, it is still one."""

        async def decide(tx: Transaction) -> None:
            account_id = await queries(tx.connection).find_pending(job.payload["mailbox"])
            if account_id is not None:
                await self.invite(tx, account_id, job.id, datetime.now(UTC))

        await self._database.decide("accounts.resend", decide)

    async def _send_job(self, job: Job) -> None:
        await self._send(UUID(job.payload["activation_id"]))

    async def _undo_job(self, job: Job) -> None:
        await self._undo(UUID(job.payload["activation_id"]))

    async def _send(self, activation_id: UUID) -> None:
        async with self._database.reading("accounts.invite") as connection:
            found = await queries(connection).find_invitation(activation_id)
        if found is None or found.expires_at <= datetime.now(UTC):
            return
        for token in self._tokens(activation_id):
            if fingerprint(token) == found.token_hash:
                await self._mailer.send(self._letter(found, token))
                break
        else:
            raise Hopeless("the key it was derived with is gone")
        async with self._database.transaction("accounts.invited") as tx:
            await queries(tx.connection).mark_mailed(activation_id, datetime.now(UTC))

    async def _undo(self, activation_id: UUID, claim: Claim | None = None) -> None:
        """Nobody can be reached at this address: the account goes, its name is free again."""

        async def decide(tx: Transaction) -> None:
            if self._inline:
                await withdraw(tx.connection, INVITE, str(activation_id))
            if claim is not None:
                await tx.take_back(claim)
            removed = await queries(tx.connection).remove_unreached(activation_id)
            if removed is not None:
                tx.announce(
                    RegistrationUndone(
                        account_id=removed.id,
                        username=removed.username,
                        occurred_at=datetime.now(UTC),
                    )
                )

        await self._database.decide("accounts.undo_registration", decide)

    def _tokens(self, activation_id: UUID) -> Iterator[str]:
        for made in self._keys.derive("activation", activation_id.bytes):
            yield urlsafe_b64encode(made).rstrip(b"=").decode()

    def _letter(self, invitation: Invitation, token: str) -> Mail:
        gaps = {
            "username": invitation.username,
            "link": f"{self._url}/activate/{token}",
            "token": token,
        }
        return Mail(
            to=invitation.email,
            subject="Activate your account",
            text=LETTERS.render("activation.txt", **gaps),
            html=LETTERS.render("activation.html", **gaps),
        )
