"""Accounts over HTTP: the whole surface, one line each."""

from plaza.accounts.api.accounts import AccountsApi
from plaza.accounts.api.registrations import RegistrationsApi
from plaza.accounts.api.sessions import SessionsApi
from plaza.accounts.problems import TokenExpired, TokenUnknown, TokenUsed
from plaza.edge.rest.button_pages import ButtonPage
from plaza.edge.rest.routes import route

REGISTRATIONS = [
    route("POST /v1/auth/register", RegistrationsApi.register, status=201),
    route("PUT /v1/users/activate/{token}", RegistrationsApi.activate),
    route("POST /v1/auth/activation/resend", RegistrationsApi.resend_activation),
    route("GET /v1/usernames/{username}", RegistrationsApi.availability),
]
SESSIONS = [
    route("POST /v1/auth/login", SessionsApi.login),
    route("POST /v1/auth/refresh", SessionsApi.refresh),
    route("POST /v1/auth/logout", SessionsApi.logout),
    route("GET /.well-known/jwks.json", SessionsApi.public_keys),
]
ACCOUNTS = [
    route("GET /v1/account", AccountsApi.own),
    route("PUT /v1/account/password", AccountsApi.change_password),
]
PAGES = [
    ButtonPage(
        path="/activate/{token}",
        operation=RegistrationsApi.activate,
        title="Activate your account",
        sentence="One more step, and your account is yours.",
        button="Activate",
        done="Your account is active: you can log in now.",
        refused={
            TokenUsed: "This link was used before. If it was by you, your account is active.",
            TokenExpired: "This link is too old: ask for another letter.",
            TokenUnknown: "This link is not known here. Is it whole, as it was in the letter?",
        },
    ),
]
