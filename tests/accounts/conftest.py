"""People who register, their letters, and two processes that serve them."""

import secrets

import pytest
from msgspec import Struct

from plaza.accounts.model import Account, Credentials, NewAccount, Tokens
from plaza.accounts.service import Services, Terms, build
from plaza.accounts.service.access_tokens import TokenRules
from plaza.accounts.service.keys import Keys, new_keys, read_keys
from plaza.accounts.service.passwords import HashCost
from plaza.platform.caller import NOWHERE, Anonymous, User
from plaza.platform.jobs import Jobs
from plaza.platform.mail import Mail

NOBODY = Anonymous()
PASSWORD = "correct horse 9"
CHEAP = HashCost(memory_kib=64, passes=1, threads=2)
"""For tests that are not about the cost."""


class Node(Struct):
    """One process: its services, and the worker that sends its mail."""

    services: Services
    mails: Jobs

    async def caller(self, tokens: Tokens) -> User:
        return await self.services.authentication.authenticate(tokens.access_token, NOWHERE)

    async def login(self, login: str, password: str = PASSWORD) -> Tokens:
        credentials = Credentials(login=login, password=password)
        return await self.services.sessions.login(NOBODY, credentials)


class PostBox:
    """Holds letters instead of sending them; refuses those to an address in `refusing`."""

    def __init__(self) -> None:
        self.letters: list[Mail] = []
        self.refusing: dict[str, Exception] = {}

    async def send(self, mail: Mail) -> None:
        if mail.to in self.refusing:
            raise self.refusing[mail.to]
        self.letters.append(mail)

    def tokens(self, address: str) -> list[str]:
        """The bare tokens at the end of the letters to this address, the oldest first."""
        return [mail.text.split()[-1] for mail in self.letters if mail.to == address]


def new_account(name: str = "ada", password: str = PASSWORD) -> NewAccount:
    """Somebody nobody else in the database is like."""
    username = f"{name}_{secrets.token_hex(5)}"
    return NewAccount(username=username, email=f"{username}@example.org", password=password)


@pytest.fixture(scope="session")
def keys() -> Keys:
    return read_keys(new_keys())


@pytest.fixture
def post_box() -> PostBox:
    return PostBox()


def node(database, post_box, keys, **more) -> Node:
    services = build(
        database,
        post_box,
        Terms(
            keys=keys,
            public_url="http://127.0.0.1:8000",
            tokens=TokenRules(issuer="http://127.0.0.1:8000", audience="plaza"),
            cost=CHEAP,
            **more,
        ),
    )
    return Node(services=services, mails=Jobs(database, "mail", services.works))


@pytest.fixture
def here(database, post_box, keys):
    made = node(database, post_box, keys)
    yield made
    made.services.passwords.close()


@pytest.fixture
def elsewhere(database, post_box, keys):
    """Another process with the same database and keys."""
    made = node(database, post_box, keys)
    yield made
    made.services.passwords.close()


@pytest.fixture
async def ada(here, post_box) -> Account:
    """Registered and active; her password is PASSWORD."""
    return await join(here, post_box, new_account("ada"))


@pytest.fixture
async def bob(here, post_box) -> Account:
    return await join(here, post_box, new_account("bob"))


async def join(here: Node, post_box: PostBox, wanted: NewAccount) -> Account:
    account = await here.services.registrations.register(NOBODY, wanted)
    await here.mails.work_off()
    (token,) = post_box.tokens(account.email)
    await here.services.registrations.activate(NOBODY, token)
    return account
