"""Accounts over gRPC: the messages are in api/proto/plaza/accounts/v1."""

from plaza.accounts.api.accounts import AccountsApi
from plaza.accounts.api.registrations import RegistrationsApi
from plaza.accounts.api.sessions import SessionsApi
from plaza.edge.grpc.methods import Service

REGISTRATIONS = Service(
    "plaza.accounts.v1.RegistrationsService",
    {
        "Register": RegistrationsApi.register,
        "Activate": RegistrationsApi.activate,
        "ResendActivation": RegistrationsApi.resend_activation,
        "CheckAvailability": RegistrationsApi.availability,
    },
)
SESSIONS = Service(
    "plaza.accounts.v1.SessionsService",
    {
        "Login": SessionsApi.login,
        "Refresh": SessionsApi.refresh,
        "Logout": SessionsApi.logout,
        "ListPublicKeys": SessionsApi.public_keys,
    },
)
ACCOUNTS = Service(
    "plaza.accounts.v1.AccountsService",
    {
        "GetOwnAccount": AccountsApi.own,
        "ChangePassword": AccountsApi.change_password,
    },
)
