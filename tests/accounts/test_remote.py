"""Accounts from another process: over gRPC they answer and refuse as they do here."""

import grpc.aio
import msgspec
import pytest
from msgspec import Struct

from plaza.accounts.api.accounts import AccountsApi
from plaza.accounts.api.registrations import RegistrationsApi
from plaza.accounts.api.sessions import SessionsApi
from plaza.accounts.grpc import ACCOUNTS, REGISTRATIONS, SESSIONS
from plaza.accounts.model import Address, Credentials, PasswordChange, Renewal
from plaza.accounts.problems import LoginFailed, TokenUsed, UsernameTaken, WrongPassword
from plaza.edge.grpc.caller_token import CallerTokens
from plaza.edge.grpc.calls import Calls
from plaza.edge.grpc.client import remote
from plaza.edge.grpc.identity import Identity
from plaza.edge.grpc.server import GrpcServer
from plaza.platform.problems import Invalid, LoginRequired
from tests.accounts.conftest import NOBODY, PASSWORD, new_account

pytestmark = pytest.mark.anyio

TOKENS = CallerTokens([b"k" * 32])


class Distant(Struct):
    registrations: RegistrationsApi
    sessions: SessionsApi
    accounts: AccountsApi


@pytest.fixture
async def distant(here):
    services = here.services
    identity = Identity(services.authentication.authenticate, TOKENS)
    server = GrpcServer(
        [
            (REGISTRATIONS, services.registrations, None),
            (SESSIONS, services.sessions, None),
            (ACCOUNTS, services.accounts, None),
        ],
        Calls(identity, lambda _: None, request_seconds=60),
    )
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Distant(
            registrations=remote(RegistrationsApi, REGISTRATIONS, channel, TOKENS.sign),
            sessions=remote(SessionsApi, SESSIONS, channel, TOKENS.sign),
            accounts=remote(AccountsApi, ACCOUNTS, channel, TOKENS.sign),
        )
    await server.stop(5)


async def test_the_whole_way_from_registering_to_logging_out(distant, here, post_box):
    wanted = new_account()
    account = await distant.registrations.register(NOBODY, wanted)
    assert (account.username, account.state.value) == (wanted.username, "pending")
    await distant.registrations.resend_activation(NOBODY, Address(email=account.email))
    await here.mails.work_off()
    (token,) = post_box.tokens(account.email)
    await distant.registrations.activate(NOBODY, token)
    tokens = await distant.sessions.login(
        NOBODY, Credentials(login=wanted.username, password=PASSWORD)
    )
    tokens = await distant.sessions.refresh(NOBODY, Renewal(refresh_token=tokens.refresh_token))
    caller = await here.caller(tokens)
    assert await distant.accounts.own(caller) == tokens.user
    await distant.accounts.change_password(
        caller, PasswordChange(current=PASSWORD, new="another horse 9")
    )
    assert await distant.sessions.public_keys(NOBODY) == await here.services.sessions.public_keys(
        NOBODY
    )
    await distant.sessions.logout(caller)
    with pytest.raises(LoginRequired):
        await here.caller(tokens)


async def test_it_refuses_as_it_does_here(distant, here, ada, post_box):
    (used,) = post_box.tokens(ada.email)
    same = msgspec.structs.replace(new_account(), username=ada.username)
    with pytest.raises(UsernameTaken) as taken:
        await distant.registrations.register(NOBODY, same)
    assert [error.pointer for error in taken.value.errors] == ["/username"]
    with pytest.raises(TokenUsed):
        await distant.registrations.activate(NOBODY, used)
    with pytest.raises(LoginFailed):
        await distant.sessions.login(NOBODY, Credentials(login=ada.username, password="wrong"))
    with pytest.raises(Invalid):
        await distant.sessions.login(NOBODY, Credentials(password=PASSWORD))
    caller = await here.caller(await here.login(ada.username))
    with pytest.raises(WrongPassword):
        await distant.accounts.change_password(
            caller, PasswordChange(current="wrong", new="another horse 9")
        )
    with pytest.raises(LoginRequired):
        await distant.accounts.own(NOBODY)
