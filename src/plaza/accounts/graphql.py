"""Accounts in GraphQL: the schema is api/schema.graphql."""

from plaza.accounts.api.accounts import AccountsApi
from plaza.accounts.api.registrations import RegistrationsApi
from plaza.accounts.api.sessions import SessionsApi
from plaza.edge.graphql.fields import Fields

REGISTRATIONS = Fields(
    query={"availability": RegistrationsApi.availability},
    mutation={
        "register": RegistrationsApi.register,
        "activate": RegistrationsApi.activate,
        "resendActivation": RegistrationsApi.resend_activation,
    },
)
SESSIONS = Fields(
    query={"publicKeys": SessionsApi.public_keys},
    mutation={
        "login": SessionsApi.login,
        "refresh": SessionsApi.refresh,
        "logout": SessionsApi.logout,
    },
)
ACCOUNTS = Fields(
    query={"me": AccountsApi.own},
    mutation={"changePassword": AccountsApi.change_password},
)
