"""Accounts over HTTP: the whole surface, one line each."""

from plaza.accounts.api.accounts import AccountsApi
from plaza.accounts.api.registrations import RegistrationsApi
from plaza.accounts.api.sessions import SessionsApi
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
