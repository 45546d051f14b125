"""`plaza admin`: what only whoever owns the machine may do."""

import asyncio
import getpass
import sys
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from plaza.accounts.model import Account, NewAccount
from plaza.app.services import accounts_in
from plaza.commands.database import the_database
from plaza.edge.arguments import field_errors
from plaza.platform import migrations
from plaza.platform.caller import System
from plaza.platform.database import Database
from plaza.platform.pool import open_pool
from plaza.platform.problems import Problem
from plaza.platform.starting import CannotStart
from plaza.settings import Settings, load

app = App(name="admin")

FromStdin = Annotated[bool, Parameter(help="Read the password from standard input.", negative="")]


@app.command
def create(*, username: str, email: str, password_stdin: FromStdin = False) -> None:
    """Open an active account that may do everything."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _asked()
    wanted = {"username": username, "email": email, "password": password}
    if wrong := field_errors(wanted, NewAccount, ""):
        raise CannotStart(" ".join(f"{each.pointer[1:]}: {each.message}" for each in wrong))
    new = msgspec.convert(wanted, NewAccount)
    settings = load()
    with the_database(settings) as dsn:
        migrations.up(dsn)  # as `plaza serve` does: it may not have been started yet
        made = asyncio.run(_create(dsn, settings, new))
    print(f"{made.username} is an admin now")


def _asked() -> str:
    """Twice, as nobody sees what he types."""
    if not sys.stdin.isatty():
        raise CannotStart("There is no terminal to ask for the password: use --password-stdin.")
    try:
        password, again = getpass.getpass(), getpass.getpass("Once more: ")
    except EOFError:
        raise CannotStart("\nNo password was given, and nothing was made.") from None
    if password != again:
        raise CannotStart("These were two different passwords.")
    return password


async def _create(dsn: str, settings: Settings, new: NewAccount) -> Account:
    async with open_pool(dsn, size=2) as pool:
        accounts = accounts_in(Database(pool), settings)
        try:
            return await accounts.registrations.create_admin(System(name="cli"), new)
        except Problem as problem:
            raise CannotStart(_told(problem)) from None
        finally:
            accounts.passwords.close()


def _told(problem: Problem) -> str:
    errors = [f"{each.pointer[1:]}: {each.message}" for each in problem.errors]
    return " ".join(errors) or f"{problem.title}."
