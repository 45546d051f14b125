"""The nouns of this context, and the rules that need no database."""

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from plaza.platform.caller import Role
from plaza.platform.ids import UserId, Version
from plaza.platform.text import END, SECRET, Input, Time, printable

Username = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=30,
        pattern=r"^[A-Za-z0-9_.]+" + END,
        description="Lower case in the end; names that look alike count as the same.",
        extra={"message": "A username is made of letters a to z, digits, `_` and `.`."},
    ),
]
Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,  # RFC 5321, section 4.5.3.1.3, without the angle brackets
        pattern=(
            r"^(?!.*=\?)"  # an encoded word (RFC 2047) is another address by the time it is sent
            r"[^\s@<>()\[\]\\,;:\x22\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,64}"
            r"@[^\s@<>()\[\]\\,;:\x22.\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,63}"
            r"(\.[^\s@<>()\[\]\\,;:\x22.\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,63})*"
            + END
        ),
        description="Where mail reaches its owner.",
        extra={"message": "This is not an e-mail address."},
    ),
]
Password = Annotated[
    str,
    Meta(min_length=8, max_length=128, extra_json_schema={"format": "password"}),
    printable("What only its owner knows."),
    SECRET,
]
GivenPassword = Annotated[
    str,
    Meta(min_length=1, max_length=128, extra_json_schema={"format": "password"}),
    printable("Right or wrong."),
    SECRET,
]
Name = Annotated[str, Meta(min_length=1, max_length=254), printable("A username or an address.")]
MailedToken = Annotated[str, Meta(min_length=1, max_length=200), printable("As it was mailed.")]
OpaqueToken = Annotated[
    str, Meta(min_length=1, max_length=200), printable("A refresh token."), SECRET
]
SignedToken = Annotated[
    str, Meta(min_length=1, max_length=2048), printable("A JWT (RFC 9068)."), SECRET
]
Seconds = Annotated[int, Meta(ge=0, le=2**31 - 1, description="How long it is good for.")]
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+" + END)]


class AccountRole(Enum):
    """Each may all that the ones before may."""

    USER = "user"
    MODERATOR = "moderator"
    ADMIN = "admin"

    @property
    def rank(self) -> Role:
        return Role[self.name]


class AccountState(Enum):
    """Only an active one logs in."""

    PENDING = "pending"
    ACTIVE = "active"
    BANNED = "banned"
    DELETED = "deleted"


class NewAccount(Input, frozen=True, kw_only=True):
    username: Username
    email: Email
    password: Password


class Address(Input, frozen=True, kw_only=True):
    email: Email


class Credentials(Input, frozen=True, kw_only=True):
    """`login` is a username or an address; `email` and `username` are other words for it."""

    password: GivenPassword
    login: Name | None = None
    email: Name | None = None
    username: Name | None = None


class Renewal(Input, frozen=True, kw_only=True):
    refresh_token: OpaqueToken


class PasswordChange(Input, frozen=True, kw_only=True):
    current: GivenPassword
    new: Password


class Account(Struct, frozen=True, kw_only=True):
    """An account as its owner sees it."""

    id: UserId
    username: Username
    email: Email
    role: AccountRole
    state: AccountState
    version: Version
    created_at: Time


class Identity(Struct, frozen=True, kw_only=True):
    """What others may know of an account."""

    id: UserId
    username: Username
    state: AccountState
    created_at: Time


class Tokens(Struct, frozen=True, kw_only=True):
    """What a login gives: RFC 6749, section 5.1, and whose it is."""

    access_token: SignedToken
    token_type: Word
    expires_in: Seconds
    refresh_token: OpaqueToken
    user: Account


class Availability(Struct, frozen=True, kw_only=True):
    username: Username
    available: bool


class PublicKey(Struct, frozen=True, kw_only=True):
    """An Ed25519 key (RFC 8037) that access tokens are verified with."""

    kty: Word
    crv: Word
    x: Word
    kid: Word
    use: Word
    alg: Word


class KeySet(Struct, frozen=True, kw_only=True):
    """RFC 7517, section 5."""

    keys: Annotated[list[PublicKey], Meta(max_length=20)]


LOOK_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", ".": None, "_": None})


def skeleton(username: str) -> str:
    """What two names must not share: how they look at a glance (docs/spec.md, conventions)."""
    return username.lower().translate(LOOK_ALIKE)


def mailbox(email: str) -> str:
    """What two accounts must not share: no provider tells `Ada@` from `ada@`."""
    return email.casefold()


def weakness(password: str, username: str, email: str) -> str | None:
    """Why this password is too easy to guess for whoever knows the account."""
    guess = password.casefold()
    known = {username.casefold(), email.casefold(), email.casefold().partition("@")[0]}
    return "It is your username or your address." if guess in known else None
