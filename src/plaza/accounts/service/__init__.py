"""The verbs, in files by what they are about, and how they are put together."""

from collections.abc import Mapping

from msgspec import Struct

from plaza.accounts.service.access_tokens import AccessTokens, TokenRules
from plaza.accounts.service.accounts import Accounts
from plaza.accounts.service.authentication import Authentication
from plaza.accounts.service.invitations import Invitations
from plaza.accounts.service.keys import Keys
from plaza.accounts.service.passwords import HashCost, Passwords
from plaza.accounts.service.registrations import Registrations
from plaza.accounts.service.revocations import Revocations
from plaza.accounts.service.sessions import Sessions
from plaza.platform.database import Database
from plaza.platform.jobs import Work
from plaza.platform.mail import Mailer


class Terms(Struct, frozen=True, kw_only=True):
    """What an installation sets; `public_url` is where clients reach it, without a last slash.

    `inline_mail` lets registrations wait for their letters.
    """

    keys: Keys
    public_url: str
    tokens: TokenRules
    cost: HashCost
    inline_mail: bool = False


class Services(Struct, frozen=True, kw_only=True):
    """What answers each Protocol of the api, and what runs beside it.

    `revocations.run()` runs as long as `authentication` is asked; `works` are for a worker of the
    lane `mail`; `passwords` are closed at the end.
    """

    registrations: Registrations
    sessions: Sessions
    accounts: Accounts
    authentication: Authentication
    revocations: Revocations
    passwords: Passwords
    works: Mapping[str, Work]


def build(database: Database, mailer: Mailer, terms: Terms) -> Services:
    passwords = Passwords(terms.cost)
    access = AccessTokens(terms.keys, terms.tokens)
    revocations = Revocations(database, token_seconds=terms.tokens.seconds)
    invitations = Invitations(
        database, mailer, terms.keys, terms.public_url, inline=terms.inline_mail
    )
    return Services(
        registrations=Registrations(database, passwords, invitations),
        sessions=Sessions(database, passwords, terms.keys, access, revocations),
        accounts=Accounts(database, passwords, revocations),
        authentication=Authentication(access, revocations),
        revocations=revocations,
        passwords=passwords,
        works=invitations.works,
    )
