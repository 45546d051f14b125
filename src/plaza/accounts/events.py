"""What this context announces. Fields may be added, never renamed or removed."""

from enum import Enum

from plaza.platform.events import Event
from plaza.platform.ids import SessionId, UserId


class Ending(Enum):
    """Why a session ended."""

    LOGOUT = "logout"
    PASSWORD = "password"  # noqa: S105  # a reason, no password
    REUSE = "reuse"


class _AccountEvent(Event, frozen=True, kw_only=True):
    account_id: UserId

    @property
    def key(self) -> UserId:
        return self.account_id


class AccountRegistered(_AccountEvent, frozen=True, kw_only=True):
    topic = "accounts.registered"

    username: str


class AccountActivated(_AccountEvent, frozen=True, kw_only=True):
    topic = "accounts.activated"

    username: str


class RegistrationUndone(_AccountEvent, frozen=True, kw_only=True):
    """The account is gone and its name free.

    Its mail could not be delivered, or another registration took its place before it was active.
    """

    topic = "accounts.registration_undone"

    username: str


class PasswordChanged(_AccountEvent, frozen=True, kw_only=True):
    topic = "accounts.password_changed"


class SessionEnded(_AccountEvent, frozen=True, kw_only=True):
    """`reuse` says that a refresh token was used twice: its owner should hear of it."""

    topic = "accounts.session_ended"

    session_id: SessionId
    reason: Ending
